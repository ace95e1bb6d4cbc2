import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Trajectory } from '../../../lib/contract/trajectory.ts';
import { describePeer } from './peer.ts';

/** `L3`: the record is the third line of the file. */
const nameByLine = (folder: string) => {
  const bytes = readFileSync(join(folder, 'results.jsonl'));
  return ({ metadata: { lineage } }: Trajectory): string =>
    `L${bytes.subarray(0, lineage.offset).filter((byte) => byte === LINE_FEED).length + 1}`;
};
const LINE_FEED = 0x0a;

describePeer('verifiers 0.1 (v0), stopped while it ran', {
  library: 'verifiers==0.1.14',
  writer: 'write_verifiers_v0.py',
  counter: 'count_verifiers_v0.py',
  scores: ['reward'],
  find: (folder) => [folder],
  // Its last line is half a line, which fails a run.
  settings: ['limits.allow_incomplete=true'],
  nameOf: nameByLine,
});

describePeer('verifiers 0.4 (v1)', {
  library: 'verifiers==0.4.0',
  writer: 'write_verifiers_v1.py',
  counter: 'count_verifiers_v1.py',
  scores: ['reward', 'right', 'cost'],
  find: (folder) => [folder],
});

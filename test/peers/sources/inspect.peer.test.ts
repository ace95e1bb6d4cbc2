import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describePeer } from './peer.ts';

const logsIn = (folder: string): readonly string[] =>
  ['eval', 'json'].flatMap((form) => readdirSync(join(folder, form)).map((log) => join(folder, form, log)));

describePeer('Inspect', {
  library: 'inspect-ai==0.3.285',
  writer: 'write_inspect.py',
  counter: 'count_inspect.py',
  scores: ['number', 'grade', 'parts.a', 'parts.b', 'parts.c', 'listed', 'judged'],
  find: logsIn,
});

import { toUtf8, type Utf8, utf8 } from '../objects/utf8.ts';
import { promptExcerpt, responseExcerpt, shortId } from './excerpt.ts';
import { ShownPair } from './input.ts';
import type { GroupPair, PairedGroup } from './paired-group.ts';

/**
 * A pair before its excerpts are made. It holds no group and no candidate: those keep more in memory than what is
 * shown.
 */
export interface UnwrittenPair {
  readonly shown: Omit<ShownPair, 'prompt' | 'earlier_messages' | 'chosen' | 'rejected'>;
  readonly prompt: GroupPair['chosen']['prompt'];
  readonly chosen: GroupPair['chosen']['response'];
  readonly rejected: GroupPair['rejected']['response'];
}

export const describePair = (
  { exampleId }: Pick<PairedGroup, 'exampleId'>,
  { chosen, rejected, margin }: GroupPair,
  reward: number,
): UnwrittenPair => ({
  shown: {
    example_id: shortId(exampleId),
    turn_id: shortId(chosen.turnId),
    margin,
    reward,
    chosen_score: chosen.score,
    rejected_score: rejected.score,
    chosen_index: chosen.index,
    rejected_index: rejected.index,
    lineage: {
      ...chosen.place,
      chosen_uuid: shortUuid(chosen.uuid),
      rejected_uuid: shortUuid(rejected.uuid),
    },
  },
  prompt: chosen.prompt,
  chosen: chosen.response,
  rejected: rejected.response,
});

const shortUuid = (uuid: string | null): string | null => uuid && shortId(uuid);

/** A line of `sampled-pairs.jsonl`. */
export function writeShownPair({ shown, prompt, chosen, rejected }: UnwrittenPair): Utf8 {
  const pair: ShownPair = {
    ...shown,
    ...promptExcerpt(prompt.value()),
    chosen: responseExcerpt(chosen.value()),
    rejected: responseExcerpt(rejected.value()),
  };
  return utf8`${toUtf8(JSON.stringify(pair))}\n`;
}

/** The pairs of whole lines that {@link writeShownPair} wrote. */
export const parseShownPairs = (lines: string): ShownPair[] =>
  lines
    .trimEnd()
    .split('\n')
    .map((line) => ShownPair.parse(JSON.parse(line)));

import type { Shard } from '../../lib/contract/plan.ts';
import type { Summary } from '../../lib/contract/summary.ts';
import type { DatasetPlan } from '../../lib/datasets/dataset-plan.ts';
import { opensGroup, opensTurn, readPairIndex } from '../../lib/datasets/pair-index.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { type ObjectStore, readAll } from '../../lib/objects/store.ts';
import { readChecked } from '../../lib/objects/stored-json.ts';
import { TEXT_GAPS } from '../../lib/preferences/trajectory-text.ts';

/** A pair as its entry has it, and the texts that the entry's byte ranges name in the shard's part of the collection. */
export interface IndexedPair {
  readonly key: string | undefined;
  readonly offset: number | undefined;
  readonly margin: number;
  readonly reward: number;
  readonly opensGroup: boolean;
  readonly opensTurn: boolean;
  readonly prompt: unknown;
  readonly chosen: unknown;
  readonly rejected: unknown;
}

export async function readIndexedPairs(
  { ordinal, slices }: Shard,
  { run_id, index }: Summary,
  plan: DatasetPlan,
  store: ObjectStore,
): Promise<readonly IndexedPair[]> {
  const keys = runKeys(run_id).shard(ordinal);
  const part = Buffer.from(await readAll(store, keys.collection));
  const pairs: IndexedPair[] = [];
  const stream = readChecked(store, keys.index, index.crc32);
  for await (const block of readPairIndex(stream, plan, { pairs: index.pairs, name: keys.index })) {
    const numbers = {
      start: block.doubles('start'),
      offset: block.doubles('offset'),
      source: block.integers('source'),
    };
    const [margin, reward] = [block.doubles('margin'), block.doubles('reward')];
    const bytes = [block.integers('promptBytes'), block.integers('chosenBytes'), block.integers('rejectedBytes')];
    for (let row = 0; row < block.pairs; row++) {
      let at = numbers.start[row] ?? 0;
      const [prompt, chosen, rejected] = bytes.map((lengths, text): unknown => {
        const start = at + (GAPS[text] ?? 0);
        at = start + (lengths[row] ?? 0);
        return JSON.parse(part.toString('utf8', start, at));
      });
      const flags = block.flags[row] ?? 0;
      pairs.push({
        key: slices[numbers.source[row] ?? -1]?.key,
        offset: numbers.offset[row],
        margin: margin[row] ?? Number.NaN,
        reward: reward[row] ?? Number.NaN,
        opensGroup: opensGroup(flags),
        opensTurn: opensTurn(flags),
        ...{ prompt, chosen, rejected },
      });
    }
  }
  return pairs;
}

/** Between the texts; the first begins where the entry says. */
const GAPS = [0, TEXT_GAPS.chosen, TEXT_GAPS.rejected] as const;

import type { Manifest } from '../../contract/manifest.ts';
import { Rejected } from '../../contract/trajectory.ts';
import { readAll } from '../../objects/store.ts';
import { objectKeyOf } from '../../preferences/candidate-place.ts';
import { shortId } from '../../report/excerpt.ts';
import { type LossExample, MOST_LOSS_EXAMPLES } from '../../report/input.ts';
import type { Deps } from '../deps.ts';

/** A few losses of each reason, out of the beginning of `rejected.jsonl`. Without `text` nothing of what the traces say. */
export async function readLosses(
  { key, bytes }: Manifest['rejected'],
  text: boolean,
  { collections }: Deps,
): Promise<LossExample[]> {
  if (bytes === 0) return [];
  const beginning = await readAll(collections, key, { start: 0, end: Math.min(bytes, MOST_BYTES) });
  // The last line may be cut.
  const lines = new TextDecoder().decode(beginning).split('\n').slice(0, -1);
  const byReason = new Map<string, LossExample[]>();
  for (const line of lines) {
    const loss = Rejected.parse(JSON.parse(line));
    const name = `${loss.kind} ${loss.reason}`;
    const examples = byReason.get(name) ?? [];
    byReason.set(name, examples);
    if (examples.length < MOST_LOSS_EXAMPLES) examples.push(describeLoss(loss, text));
  }
  return [...byReason].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, examples]) => examples);
}

const MOST_BYTES = 2 ** 20;

function describeLoss({ kind, reason, detail, example_id, turn_id, ...place }: Rejected, text: boolean): LossExample {
  const at = place.row === undefined ? { offset: place.offset } : { row: place.row };
  if (!text) return { kind, reason, key: objectKeyOf(place.key), ...at, detail: null, example_id: null, turn_id: null };
  return {
    ...{ kind, reason, key: shortId(place.key), ...at, detail: detail.slice(0, LONGEST_DETAIL) },
    example_id: example_id && shortId(example_id),
    turn_id: turn_id && shortId(turn_id),
  };
}

const LONGEST_DETAIL = 300;

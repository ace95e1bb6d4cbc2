import type { Shard } from '../contract/plan.ts';

/** `plan.json`, one shard a line, so that a person can read it and the writer holds one. */
export async function* planText(shards: AsyncIterable<Shard> | Iterable<Shard>): AsyncGenerator<Uint8Array> {
  let opening = '[\n';
  for await (const shard of shards) {
    yield Buffer.from(opening + JSON.stringify(shard));
    opening = ',\n';
  }
  yield Buffer.from('\n]\n');
}

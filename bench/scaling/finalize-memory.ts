import { noCounts } from '../../lib/contract/counters.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import type { Shard } from '../../lib/contract/plan.ts';
import type { Summary } from '../../lib/contract/summary.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { jsonText } from '../../lib/objects/stored-json.ts';
import { NO_LIMITS } from '../../lib/stages/export-limits.ts';
import { finalize } from '../../lib/stages/finalize.ts';
import { planText } from '../../lib/stages/plan-text.ts';

/** Finalize over so many shards that are only told of, and held nowhere: `node bench/scaling/finalize-memory.ts COUNT`. */
const count = Number(process.argv[2]);
const RUN = 'run';
const keys = runKeys(RUN);
const source = { traces: { bucket: 'traces', prefix: 'traces/' } };
const request = parseRequest({ run_id: RUN, source, dataset: { formats: [] } });
/** A GB, in shards of the default size. */
const SHARDS_OF_AN_OBJECT = 15;
const SHARD_BYTES = request.limits.shard_bytes;
const ITEMS = 800;

function* shards(): Generator<Shard> {
  for (let ordinal = 0; ordinal < count; ordinal++) {
    const object = Math.floor(ordinal / SHARDS_OF_AN_OBJECT);
    const start = (ordinal % SHARDS_OF_AN_OBJECT) * SHARD_BYTES;
    const slice = {
      bucket: 'traces',
      key: `traces/2026/11/evaluation-part-${String(object).padStart(6, '0')}.jsonl`,
      etag: `"${String(object).padStart(32, '0')}-120"`,
      object_bytes: SHARDS_OF_AN_OBJECT * SHARD_BYTES,
      cut: 'lines' as const,
      ...{ start, end: start + SHARD_BYTES },
    };
    yield { ordinal, slices: [slice] };
  }
}

const summary = (ordinal: number): Summary => ({
  run_id: RUN,
  ordinal,
  counters: { ...noCounts(), total_items: ITEMS, total_candidates: 12 * ITEMS, total_pairs: 12 * ITEMS },
  // Nothing to compose: what is measured is what Finalize holds of the shards.
  collection: { bytes: 0, crc32: 0 },
  rejected: { bytes: 0, crc32: 0, lines: 0 },
  repeats: false,
  ids: 0,
  first_rejected: [],
  diagnosis: { items: 0, without_steps: 0, atif: 0, event_types: {}, ttc_names: {} },
  warnings: [],
  started_at: '2026-11-01T00:00:00.000Z',
  seconds: 1 + (ordinal % 7),
});

async function* read(key: string): AsyncGenerator<Uint8Array> {
  if (key === keys.request) yield jsonText(request);
  if (key === keys.plan) yield* planText(shards());
  if (key.endsWith('/summary.json')) yield jsonText(summary(Number(key.split('/').at(-2))));
}

const collections: ObjectStore = {
  name: 'told',
  head: async () => undefined,
  read,
  create: async () => 'created',
  async write(_key, body) {
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.length;
    return { bytes, crc32: 0 };
  },
  compose: async () => {},
  async *list() {},
  remove: async () => {},
};
await finalize(
  {
    run_id: RUN,
    status: 'planned',
    plan: { bucket: 'collections', key: keys.plan },
    shards: count,
    inputs: Math.ceil(count / SHARDS_OF_AN_OBJECT),
    input_bytes: count * SHARD_BYTES,
    max_concurrency: request.limits.max_concurrency,
  },
  {
    bucket: () => collections,
    collections,
    collectionsBucket: 'collections',
    now: () => new Date(),
    codeVersion: 'bench',
    ...NO_LIMITS,
  },
);

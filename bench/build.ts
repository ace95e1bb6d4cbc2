import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fileStore } from '../adapters/files/file-store.ts';
import { Shards } from '../lib/contract/plan.ts';
import { readJson } from '../lib/objects/stored-json.ts';
import { buildShard } from '../lib/stages/build-shard.ts';
import { evaluate } from '../lib/stages/evaluate.ts';

/** From a trace file to the collection's lines on disk: Evaluate and BuildShard, without a state machine. */
const [file = '', out = ''] = process.argv.slice(2);
const collections = fileStore(out);
const deps = {
  bucket: () => fileStore(dirname(file)),
  collections,
  collectionsBucket: 'collections',
  now: () => new Date(),
  codeVersion: 'bench',
  remainingMs: () => Number.POSITIVE_INFINITY,
};
const started = performance.now();
const request = {
  run_id: 'bench',
  limits: { shard_bytes: 2 ** 30 },
  source: { traces: { bucket: pathToFileURL(dirname(file)).href, key: basename(file) } },
};
const planned = await evaluate({ execution: 'bench', input: request }, deps);
for (const shard of await readJson(collections, planned.plan.key, Shards)) {
  await buildShard({ run_id: 'bench', shard }, deps);
}
console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000 }));

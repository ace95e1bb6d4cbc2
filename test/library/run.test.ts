import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runLocally } from '../../cli/local/run-locally.ts';
import { lineProgress } from '../../cli/progress.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { fileStore, InvalidRequest, type MemoryStore, memoryStore, run } from '../../library/index.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { memoryDeps } from '../support/run.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-library-'));
});
afterAll(() => rm(folder, { recursive: true }));

const request = (key: string) => ({
  run_id: 'first',
  source: { traces: { bucket: 'traces', key } },
  dataset: { formats: ['trl' as const, 'openai' as const] },
  limits: { shard_bytes: 65_536 },
});
const now = () => new Date('2026-01-02T03:04:05.678Z');

async function tracesWith(file: string): Promise<MemoryStore> {
  const traces = memoryStore('traces');
  await traces.create(file, await readFile(`examples/${file}`));
  return traces;
}

const contentsOf = ({ objects }: MemoryStore) =>
  Object.fromEntries([...objects].map(([key, bytes]) => [key, bytes.toString()] as const).sort());

test.each(['tic-tac-toe.json', 'rollouts.jsonl'])('a run of %s leaves what dpo run leaves', async (file) => {
  const stores = { traces: await tracesWith(file), collections: memoryStore('collections') };
  const manifest = await run({ request: request(file), stores, now });
  const expected = memoryStore('collections');
  const never = () => Promise.reject(new Error('nothing is called here'));
  const local = await runLocally({
    request: parseRequest(request(file)),
    deps: { ...memoryDeps(stores.traces, expected), now, codeVersion: packageJson.version },
    ...{ progress: lineProgress(() => {}), workflow: never, training: never },
  });
  expect(manifest).toEqual(local.manifest);
  expect(contentsOf(stores.collections)).toEqual(contentsOf(expected));
});

test('a run over directories writes files, and is not done twice', async () => {
  const stores = { examples: fileStore('examples'), collections: fileStore(folder) };
  const source = { traces: { bucket: 'examples', key: 'rollouts.jsonl' } };
  const given = { run_id: 'first', source, dataset: { formats: ['trl' as const] } };
  const manifest = await run({ request: given, stores });
  const written = await readFile(join(folder, runKeys('first').dataset('trl', 'train.jsonl')), 'utf8');
  expect(written.split('\n')).toHaveLength((manifest.datasets.trl?.training?.lines ?? 0) + 1);
  expect(await run({ request: given, stores })).toEqual(manifest);
});

test('a bucket without a store, and what calls the network, are refused by name', async () => {
  const stores = { traces: await tracesWith('rollouts.jsonl'), collections: memoryStore('collections') };
  const source = { traces: { bucket: 'trace', key: 'rollouts.jsonl' } };
  await expect(run({ request: { run_id: 'r', source }, stores })).rejects.toThrow(
    'The request names the bucket trace, and the stores given are traces, collections: give stores.trace.',
  );
  const workflow = { endpoint: 'https://agent.example.com', dataset: { bucket: 'traces', key: 'rollouts.jsonl' } };
  const asked = run({ request: { run_id: 'r', source: { workflow } }, stores });
  await expect(asked).rejects.toThrow(/^source\.workflow is set, and run calls nothing over the network/);
  await expect(asked).rejects.toThrow(InvalidRequest);
  expect(stores.collections.objects.size).toBe(0);
});

import { noCounts } from '../../lib/contract/counters.ts';
import type { Manifest } from '../../lib/contract/manifest.ts';
import { crc32, crc32Base64 } from '../../lib/objects/checksum.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';

export interface CommittedContents {
  /** Of the training files. */
  readonly lines?: number;
  /** The collection runs. */
  readonly runs?: readonly { readonly num_trajectories: number; readonly avg_reward: number }[];
}

/** Writes a small committed run with a dataset in two formats, and its request. */
export async function commitRun(
  store: ObjectStore,
  run_id: string,
  training: unknown,
  { lines = 3, runs = [{ num_trajectories: 3, avg_reward: 0.5 }] }: CommittedContents = {},
): Promise<{ readonly input: unknown; readonly files: Readonly<Record<string, string>> }> {
  const keys = runKeys(run_id);
  const files = {
    training: jsonl(lines, (n) => ({ prompt: `p${n}`, chosen_response: 'yes', rejected_response: 'no' })),
    validation: jsonl(1, () => ({ prompt: 'q', chosen_response: 'yes', rejected_response: 'no' })),
  };
  const datasets: Manifest['datasets'] = {};
  for (const [format, names] of Object.entries(FILE_NAMES)) {
    const training = await put(store, keys.dataset(format, names.training), files.training);
    const validation = await put(store, keys.dataset(format, names.validation), files.validation);
    datasets[format] = { training: { ...training, lines }, validation: { ...validation, lines: 1 } };
  }
  const collection = jsonl(3, (n) => ({ run_id, example_id: `e${n}` }));
  const metrics = jsonl(runs.length, (run_number) => {
    const { num_trajectories = 0, avg_reward = 0 } = runs[run_number] ?? {};
    const rewards = { avg_reward, min_reward: avg_reward, max_reward: avg_reward };
    return { scope: 'repetition', run_number, num_trajectories, num_dpo_pairs: num_trajectories, ...rewards };
  });
  const manifest: Manifest = {
    run_id,
    status: 'committed',
    request_sha256: 'ab'.repeat(32),
    code_version: 'test',
    inputs: [],
    collection: { ...(await put(store, keys.collection, collection)), groups: 3, trajectories: 3 },
    rejected: { ...(await put(store, keys.rejected, '')), lines: 0 },
    metrics: await put(store, keys.metrics, metrics),
    report: await put(store, keys.report, ''),
    datasets,
    selections: {},
    formats: {},
    totals: { ...noCounts(), total_pairs: 3, total_trajectories: 3, total_examples: 3 },
    warnings: [],
  };
  await put(store, keys.request, JSON.stringify({ run_id, training }));
  await put(store, keys.manifest, JSON.stringify(manifest));
  const input = {
    run_id,
    status: 'committed',
    manifest: { bucket: 'collections', key: keys.manifest },
    examples: 3,
    pairs: 3,
    train: true,
  };
  return { input, files };
}

const FILE_NAMES = {
  nemo_customizer: { training: 'training/training_file.jsonl', validation: 'validation/validation_file.jsonl' },
  nemo_platform: { training: 'training.jsonl', validation: 'validation.jsonl' },
} as const;

const jsonl = (lines: number, line: (n: number) => unknown) =>
  Array.from({ length: lines }, (_, n) => `${JSON.stringify(line(n))}\n`).join('');

async function put(store: ObjectStore, key: string, text: string) {
  const bytes = new TextEncoder().encode(text);
  await store.write(
    key,
    (async function* () {
      yield bytes;
    })(),
  );
  return {
    key,
    bytes: bytes.length,
    checksum: { algorithm: 'CRC32' as const, value: crc32Base64(crc32(bytes)) },
  };
}

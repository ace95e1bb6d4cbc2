import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { fileStore } from '../../../adapters/files/file-store.ts';
import { Manifest } from '../../../lib/contract/manifest.ts';
import { runKeys } from '../../../lib/objects/keys.ts';
import { type ObjectStore, readAll } from '../../../lib/objects/store.ts';
import { readJson } from '../../../lib/objects/stored-json.ts';
import { dpo } from '../../cli/dpo-process.ts';

/** Files of the traces bucket, by their keys. */
export type Inputs = Readonly<Record<string, string>>;

export async function put(store: ObjectStore, inputs: Inputs): Promise<void> {
  for (const [key, text] of Object.entries(inputs)) {
    await store.write(
      key,
      (async function* () {
        yield Buffer.from(text);
      })(),
    );
  }
}

/** `dpo run` over the same files in a folder. `request` gets the folder as the name of its bucket. */
export async function runHere(
  run_id: string,
  inputs: Inputs,
  request: (bucket: string) => object,
): Promise<ReadonlyMap<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'dpo-here-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const traces = join(folder, 'in');
  for (const [key, text] of Object.entries(inputs)) {
    await mkdir(dirname(join(traces, key)), { recursive: true });
    await writeFile(join(traces, key), text);
  }
  const settings = join(folder, 'request.json');
  await writeFile(settings, JSON.stringify({ run_id, ...request(`${pathToFileURL(traces)}`) }));
  const out = join(folder, 'out');
  const { code, stderr } = await dpo(['run', '--request', settings, '--out', out, '--allow-private-endpoint']);
  if (code !== 0) throw new Error(`dpo run ended with ${code}: ${stderr}`);
  return dataOf(fileStore(out), run_id);
}

/** What a committed run is for: the bytes of its data files, by their keys. Times and shards are in the others. */
export async function dataOf(store: ObjectStore, run_id: string): Promise<ReadonlyMap<string, Buffer>> {
  const keys = runKeys(run_id);
  // Without it there is no run.
  await readJson(store, keys.manifest, Manifest);
  const data = new Map<string, Buffer>();
  for await (const { key } of store.list(keys.root)) {
    const file = key.slice(keys.root.length);
    if (/^(?:collection|rejected)\.jsonl$|^datasets\//.test(file))
      data.set(file, Buffer.from(await readAll(store, key)));
  }
  return data;
}

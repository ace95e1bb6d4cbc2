import type { FormatName } from '../../lib/contract/dataset.ts';
import { memoryStore } from '../../lib/objects/memory-store.ts';
import { buildPairs, chooseDataset, readCandidates, type Settings, writeFormat } from '../../library/index.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

/** The lines of a dataset by file: `trl/train.jsonl`, … */
export type DatasetFiles = Readonly<Record<string, readonly string[]>>;

/** As the states of a run write them. */
export async function runDatasets(
  bytes: Uint8Array,
  key: string,
  settings: Settings,
  formats: readonly FormatName[],
): Promise<DatasetFiles> {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  await traces.create(key, bytes);
  const { source, builder = {}, dataset = {}, limits = {} } = settings;
  await runSteps(
    {
      source: { traces: { bucket: 'traces', key }, ...source },
      builder,
      dataset: { ...dataset, formats },
      limits: { max_rejected_fraction: 1, allow_empty: true, ...limits },
    },
    memoryDeps(traces, collections),
  );
  const files = [...collections.objects].flatMap(([name, content]): [string, string[]][] => {
    const file = /^runs\/run\/datasets\/(.+\.jsonl)$/.exec(name)?.[1];
    return file === undefined ? [] : [[file, content.toString().split('\n').slice(0, -1)]];
  });
  return Object.fromEntries(files);
}

/** As the functions of the library yield them. */
export async function libraryDatasets(
  input: AsyncIterable<unknown> | Iterable<unknown>,
  settings: Settings & { readonly key?: string },
  formats: readonly FormatName[],
): Promise<DatasetFiles> {
  const { key = 'input', ...rest } = settings;
  const pairs = buildPairs(readCandidates(input, rest, { key }), rest);
  const dataset = await chooseDataset(pairs, rest);
  const files: Record<string, string[]> = {};
  for (const format of formats) {
    for await (const { file, line } of writeFormat(dataset, format)) {
      const lines = files[`${format}/${file}`] ?? [];
      files[`${format}/${file}`] = lines;
      lines.push(line);
    }
  }
  return files;
}

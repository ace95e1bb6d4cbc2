import { fixtureFile } from '../fixture-file.ts';
import { alternate, rounded } from '../measure.ts';
import { type Bench, dpoRun, type Written, writtenBy } from '../programs.ts';

/** The same run over more and more of the same traces, with as many workers. */
export function measureGrowth(bench: Bench, sizes: readonly number[]) {
  const { cores } = bench;
  const files = sizes.map((size) => fixtureFile(bench.folder, { form: 'jsonl', prompts: 'mixed', megabytes: size }));
  const written = new Map<string, Written>();
  const runOver = (file: string) => () => {
    const run = dpoRun(bench, { file, cores });
    written.set(file, writtenBy(run));
    return run;
  };
  const figures = alternate(bench.runs, Object.fromEntries(files.map(({ file }) => [file, runOver(file)])));
  return {
    cores,
    sizes: files.map(({ file, megabytes }) => ({
      megabytes,
      ...figures[file],
      pairs: written.get(file)?.pairs,
      collection_megabytes: rounded((written.get(file)?.collectionBytes ?? 0) / 1e6),
      dataset_megabytes: rounded((written.get(file)?.datasetBytes ?? 0) / 1e6),
    })),
  };
}

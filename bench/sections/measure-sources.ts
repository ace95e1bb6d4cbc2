import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { candidateLines } from '../candidate-lines.ts';
import { alternate, measure, root, rounded } from '../measure.ts';
import { type Bench, dpoRun } from '../programs.ts';

/** Lines whose groups lie apart against the same lines in order; and Parquet of these lines. */
export function measureSources(bench: Bench, size: number) {
  const cores = availableParallelism();
  return {
    cores,
    // The second shows whether the memory grows.
    sizes: [rounded(size / 5), size].map((megabytes) => measureOrders(bench, megabytes, cores)),
    parquet: measureParquet(bench, size),
  };
}

function measureOrders(bench: Bench, size: number, cores: number) {
  const files = {
    adjacent: candidateLines(bench.folder, { order: 'adjacent', megabytes: size }),
    interleaved: candidateLines(bench.folder, { order: 'interleaved', megabytes: size }),
  };
  const runOver = (file: string) => () => dpoRun(bench, { file, cores, formats: [] });
  const programs = alternate(bench.runs, {
    adjacent: runOver(files.adjacent.file),
    interleaved: runOver(files.interleaved.file),
  });
  return { megabytes: files.interleaved.megabytes, programs };
}

/** On one core. */
function measureParquet(bench: Bench, size: number) {
  const { file, megabytes } = candidateLines(bench.folder, { order: 'adjacent', megabytes: size });
  const parquet = file.replace(/\.jsonl$/, '.parquet');
  if (!existsSync(parquet)) {
    execFileSync(process.execPath, ['bench/duckdb.ts', 'parquet', '2', file, parquet], { cwd: root });
  }
  const programs = alternate(bench.runs, {
    read: () => measure(['bench/read-parquet.ts', parquet], 1),
    run: () => dpoRun(bench, { file: parquet, cores: 1, formats: [] }),
  });
  return { json_megabytes: megabytes, parquet_megabytes: rounded(statSync(parquet).size / 1e6), programs };
}

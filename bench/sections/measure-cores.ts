import { availableParallelism } from 'node:os';
import { fixtureFile } from '../fixture-file.ts';
import { alternate } from '../measure.ts';
import { type Bench, dpoRun, duckdb } from '../programs.ts';

/** The same work on one core, on two and on all. */
export function measureCores(bench: Bench, size: number) {
  const counts = [...new Set([1, Math.min(2, availableParallelism()), availableParallelism()])];
  const { file, megabytes } = fixtureFile(bench.folder, { form: 'jsonl', prompts: 'mixed', megabytes: size });
  return {
    megabytes,
    rows: counts.map((cores) => ({
      cores,
      programs: alternate(bench.runs, {
        duckdb_job: () => duckdb('job', bench, { file, cores }),
        dpo: () => dpoRun(bench, { file, cores }),
        dpo_without_formats: () => dpoRun(bench, { file, cores, formats: [] }),
      }),
    })),
  };
}

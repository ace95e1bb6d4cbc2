import { fixtureFile } from '../fixture-file.ts';
import type { Form, Prompts } from '../fixtures.ts';
import { alternate } from '../measure.ts';
import { type Bench, dpoRun, duckdb } from '../programs.ts';

const FORMS: readonly Form[] = ['jsonl', 'indent2', 'compact'];
const PROMPTS: readonly Prompts[] = ['text', 'chat_tools'];

/** `dpo run` with and without trainers' files, and DuckDB doing all of it and only the pairs. */
export function comparePrograms(bench: Bench) {
  const inputs = PROMPTS.flatMap((prompts) => FORMS.map((form) => compareOn(bench, form, prompts)));
  return { cores: bench.cores, inputs };
}

function compareOn(bench: Bench, form: Form, prompts: Prompts) {
  const { cores } = bench;
  const { file, megabytes } = fixtureFile(bench.folder, { form, prompts, megabytes: bench.megabytes });
  const programs = alternate(bench.runs, {
    duckdb_job: () => duckdb('job', bench, { file, cores }),
    duckdb_pairs: () => duckdb('pairs', bench, { file, cores }),
    dpo: () => dpoRun(bench, { file, cores }),
    dpo_without_formats: () => dpoRun(bench, { file, cores, formats: [] }),
  });
  return { form, prompts, megabytes, programs };
}

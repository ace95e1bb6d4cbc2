import { FormatName } from '../../lib/contract/dataset.ts';
import { fixtureFile } from '../fixture-file.ts';
import type { Prompts } from '../fixtures.ts';
import { alternate, rounded } from '../measure.ts';
import { type Bench, dpoRun, writtenBy } from '../programs.ts';

const PROMPTS: readonly Prompts[] = ['text', 'chat_tools'];

/** Each trainer's format by itself, beside the same run without any. */
export const measureFormats = (bench: Bench) => ({
  cores: bench.cores,
  inputs: PROMPTS.map((prompts) => measureFormatsOn(bench, prompts)),
});

function measureFormatsOn(bench: Bench, prompts: Prompts) {
  const { cores } = bench;
  const { file, megabytes } = fixtureFile(bench.folder, { form: 'jsonl', prompts, megabytes: bench.megabytes });
  const written = new Map<FormatName, number>();
  const runOf = (name: FormatName) => () => {
    const run = dpoRun(bench, { file, cores, formats: [name], allowEmpty: true });
    written.set(name, rounded(writtenBy(run).datasetBytes / 1e6));
    return run;
  };
  const { without, ...formats } = alternate(bench.runs, {
    without: () => dpoRun(bench, { file, cores, formats: [] }),
    ...Object.fromEntries(FormatName.options.map((name) => [name, runOf(name)])),
  });
  return {
    ...{ prompts, megabytes, without },
    formats: FormatName.options.map((name) => ({ name, ...formats[name], written_megabytes: written.get(name) })),
  };
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { root, rounded } from './measure.ts';
import { fillPages } from './pages/fill-pages.ts';
import { type Bench, buildCommand } from './programs.ts';
import { type Measurement, Results, readResults, writeResults } from './results.ts';
import { comparePrograms } from './sections/compare-programs.ts';
import { measureColdStart } from './sections/measure-cold-start.ts';
import { measureCores } from './sections/measure-cores.ts';
import { measureFormats } from './sections/measure-formats.ts';
import { measureGrowth } from './sections/measure-growth.ts';
import { measureSample } from './sections/measure-sample.ts';
import { measureSources } from './sections/measure-sources.ts';
import { profileRun } from './sections/profile-run.ts';

/**
 * Measures this checkout, section by section, into `bench/results.json`, and fills the places of docs/performance.md and
 * docs/operations.md that show it. `npm run bench` needs GNU time, taskset, 16 GB of memory and 15 GB of disk. Options:
 * `--runs 5`; `--megabytes 200`; `--growth 200,1000,4000` (the second is measured on several cores and of interleaved lines, too);
 * `--only comparison,cores`, or `--only pages` to measure nothing; `--folder DIRECTORY` for what is written meanwhile.
 */
const SECTIONS = [
  'comparison',
  'formats',
  'cores',
  'growth',
  'sources',
  'sample',
  'cold_start',
  'profile',
  'choose',
] as const;
type Name = (typeof SECTIONS)[number];
const Options = z.object({
  runs: z.coerce.number().int().min(1),
  megabytes: z.coerce.number().positive(),
  growth: z.string().transform((list) => z.array(z.coerce.number().positive()).length(3).parse(list.split(','))),
  only: z.string().transform((list) => z.array(z.enum([...SECTIONS, 'pages'])).parse(list.split(','))),
  folder: z.string(),
});
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    megabytes: { type: 'string', default: '200' },
    growth: { type: 'string', default: '200,1000,4000' },
    only: { type: 'string', default: SECTIONS.join() },
    folder: { type: 'string', default: tmpdir() },
  },
});
const options = Options.parse(values);
const bench: Bench = {
  folder: mkdtempSync(join(options.folder, 'dpo-bench-')),
  runs: options.runs,
  megabytes: options.megabytes,
  cores: Math.min(2, availableParallelism()),
};
const many = 3 * options.runs;
const [, gigabyte = options.megabytes] = options.growth;
const sections: Readonly<Record<Name, { readonly runs: number; readonly measure: () => object | Promise<object> }>> = {
  comparison: { runs: options.runs, measure: () => comparePrograms(bench) },
  formats: { runs: options.runs, measure: () => measureFormats(bench) },
  cores: { runs: options.runs, measure: () => measureCores(bench, gigabyte) },
  growth: { runs: options.runs, measure: () => measureGrowth(bench, options.growth) },
  sources: { runs: options.runs, measure: () => measureSources(bench, gigabyte) },
  // They take a fraction of a second.
  sample: { runs: many, measure: () => measureSample({ ...bench, runs: many }) },
  cold_start: { runs: many, measure: () => measureColdStart({ ...bench, runs: many }) },
  profile: { runs: 1, measure: () => profileRun({ ...bench, megabytes: gigabyte }) },
  choose: { runs: 1, measure: async () => (await import('./sections/measure-choose.ts')).measureChoose() },
};
try {
  if (options.only.some((name) => name !== 'pages')) buildCommand();
  for (const name of SECTIONS.filter((section) => options.only.includes(section))) {
    const started = performance.now();
    const { runs, measure } = sections[name];
    store(name, { measured: describeMeasurement(runs), ...(await measure()) });
    console.log(`${name}: ${Math.round((performance.now() - started) / 1000)} s`);
  }
  fillPages(readResults());
} finally {
  rmSync(bench.folder, { recursive: true });
}

/** At once: what one section found is not lost where a later one fails. */
function store(name: Name, section: { readonly measured: Measurement }): void {
  const before = readResults();
  writeResults(
    Results.parse({ ...before, [name]: name === 'cores' ? replaceMachine(before.cores, section) : section }),
  );
}

/** What was measured on a machine of another size stays. */
function replaceMachine(before: Results['cores'], section: { readonly measured: Measurement }): readonly object[] {
  const others = before.filter((one) => one.measured.cores !== section.measured.cores);
  return [...others, section].sort((a, b) => a.measured.cores - b.measured.cores);
}

function describeMeasurement(runs: number): Measurement {
  const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return {
    commit: stdout?.trim() || 'unknown',
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory_gib: rounded(totalmem() / 2 ** 30),
    runs,
  };
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { type FixtureSettings, writeFixture } from './fixtures.ts';
import { type Measured, measure, median, medianOf, root, rounded } from './measure.ts';

/**
 * Measures, alternating: whole-file JSON.parse; file to collection; the whole `dpo run`; DuckDB doing the same job. Then
 * what becomes of time and memory in files ten and twenty times as large. `npm run bench` takes some ten minutes and 8 GB
 * of disk, writes bench/results.json and the tables of docs/performance.md. Options: --megabytes 200 --runs 5
 */
const { values } = parseArgs({
  options: { megabytes: { type: 'string', default: '200' }, runs: { type: 'string', default: '5' } },
});
const megabytes = Number(values.megabytes);
const runs = Number(values.runs);
const folder = mkdtempSync(join(tmpdir(), 'dpo-bench-'));

const fresh = (name: string): string => {
  rmSync(join(folder, name), { recursive: true, force: true });
  return join(folder, name);
};
const dpoRun = (file: string, formats: readonly string[] = []) =>
  measure([
    ...['cli/dpo.ts', 'run', file, '--out', fresh('run'), '--json'],
    ...['--set', `dataset.formats=${JSON.stringify(formats)}`],
  ]);
const programs = {
  'JSON.parse': (file: string) => measure(['bench/json-parse.ts', file]),
  build: (file: string) => measure(['bench/build.ts', file, fresh('build')]),
  'dpo run': (file: string) => dpoRun(file),
  'dpo run with a dataset': (file: string) => dpoRun(file, ['nemo_customizer']),
  DuckDB: (file: string) => measure(['bench/duckdb.ts', file, fresh('duckdb.jsonl')]),
} as const;
const names = ['JSON.parse', 'build', 'dpo run', 'dpo run with a dataset', 'DuckDB'] as const;
type By<T> = Record<(typeof names)[number], T>;
const by = <T>(of: (name: (typeof names)[number]) => T): By<T> => ({
  'JSON.parse': of('JSON.parse'),
  build: of('build'),
  'dpo run': of('dpo run'),
  'dpo run with a dataset': of('dpo run with a dataset'),
  DuckDB: of('DuckDB'),
});

const fixture = (form: FixtureSettings['form'], bytes: number): { file: string; megabytes: number } => {
  const file = join(folder, form === 'jsonl' ? 'traces.jsonl' : 'traces.json');
  writeFixture({ bytes, form, seed: 1, path: file });
  return { file, megabytes: statSync(file).size / 1e6 };
};

function comparison(form: FixtureSettings['form']) {
  const { file, megabytes: size } = fixture(form, megabytes * 1e6);
  const all = by((): Measured[] => []);
  for (let run = 0; run < runs; run++) for (const name of names) all[name].push(programs[name](file));
  rmSync(file);
  const medians = by((name) => medianOf(all[name]));
  return { form, megabytes: rounded(size), medians, ratios: ratiosOf(medians) };
}

const ratiosOf = ({ 'JSON.parse': parse, build, 'dpo run': run, DuckDB: duckdb }: By<Measured>) => ({
  'build over JSON.parse, MB/s': rounded(parse.seconds / build.seconds),
  'build over DuckDB, MB/s': rounded(duckdb.seconds / build.seconds),
  'dpo run over DuckDB, whole process': rounded(duckdb.wall / run.wall),
  'peak RSS of dpo run over DuckDB': rounded(run.peakMiB / duckdb.peakMiB),
});

/**
 * The same run over ten and twenty times the bytes. Time is to go on as it did from once to ten times: past the start of
 * the process, and past the 1 GiB up to which a run has one shard and its files need no copying.
 */
function growth() {
  const measured = (times: number) => {
    const { file, megabytes: exact } = fixture('jsonl', times * megabytes * 1e6);
    const { wall, peakMiB } = medianOf(Array.from({ length: runs }, () => dpoRun(file)));
    rmSync(file);
    return { megabytes: rounded(exact), wall, peakMiB };
  };
  const sizes = [measured(1), measured(10), measured(20)] as const;
  const [once, ten, twenty] = sizes;
  const expected = ten.wall + slope(once, ten) * (twenty.megabytes - ten.megabytes);
  const ratios = {
    'peak RSS, ten times over once': rounded(ten.peakMiB / once.peakMiB),
    'peak RSS, twenty times over once': rounded(twenty.peakMiB / once.peakMiB),
    'time, twenty times over the line through once and ten times': rounded(twenty.wall / expected),
  };
  return { sizes, ratios };
}

type Sized = { readonly megabytes: number; readonly wall: number };
const slope = (from: Sized, to: Sized): number => (to.wall - from.wall) / (to.megabytes - from.megabytes);

const comparisons = (['jsonl', 'indent2', 'compact'] as const).map(comparison);
const grown = growth();
const sample = Array.from({ length: runs }, () =>
  measure(['cli/dpo.ts', 'run', 'examples/tic-tac-toe.json', '--out', fresh('sample')]),
);
const empty = Array.from({ length: runs }, () => measure(['--eval', '0']));
const sampleRun = {
  seconds: rounded(median(sample.map(({ wall }) => wall))),
  'an empty Node process, seconds': rounded(median(empty.map(({ wall }) => wall))),
};
rmSync(folder, { recursive: true });

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim();
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory_gib: rounded(totalmem() / 2 ** 30) };
const results = {
  version,
  commit,
  node: process.version,
  machine,
  runs,
  comparisons,
  growth: grown,
  sample: sampleRun,
};
writeFileSync(join(root, 'bench/results.json'), `${JSON.stringify(results, null, 2)}\n`);

const tables = [
  `Measured at commit ${commit}: Node ${process.version}, ${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB; medians of ${runs} alternating runs.`,
  '',
  '| input | program | seconds | whole process, s | MB/s | peak RSS, MiB |',
  '|---|---|---:|---:|---:|---:|',
  ...comparisons.flatMap(({ form, medians, megabytes: size }) =>
    names.map((name) => {
      const { seconds, wall, peakMiB } = medians[name];
      return `| ${form} | ${name} | ${seconds} | ${wall} | ${rounded(size / seconds)} | ${peakMiB} |`;
    }),
  ),
  '',
  `| ratio | ${comparisons.map(({ form }) => form).join(' | ')} |`,
  `|---|${comparisons.map(() => '---:|').join('')}`,
  ...Object.keys(comparisons[0]?.ratios ?? {}).map((ratio) => {
    const cells = comparisons.map(({ ratios }) => new Map(Object.entries(ratios)).get(ratio));
    return `| ${ratio} | ${cells.join(' | ')} |`;
  }),
  '',
  '| `dpo run` of JSON lines | whole process, s | peak RSS, MiB |',
  '|---|---:|---:|',
  ...grown.sizes.map(({ megabytes: size, wall, peakMiB }) => `| ${size} MB | ${wall} | ${peakMiB} |`),
  ...Object.entries(grown.ratios).map(([ratio, value]) => `| ${ratio} | ${value} | |`),
  '',
  `\`dpo run\` on the shipped sample, process start to exit: ${sampleRun.seconds} s; a Node process that does nothing: ${sampleRun['an empty Node process, seconds']} s.`,
].join('\n');
const page = join(root, 'docs/performance.md');
const text = readFileSync(page, 'utf8');
writeFileSync(
  page,
  text.replace(
    /(<!-- measured -->\n)[\s\S]*?(\n<!-- \/measured -->)/,
    (_, before: string, after: string) => `${before}${tables}${after}`,
  ),
);
console.log(tables);
await import('./cold-start.ts');

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { writeFixture } from './fixtures.ts';

/**
 * Measures, alternating: whole-file JSON.parse; file to collection; the whole `dpo run`; DuckDB doing the same job.
 * `npm run bench` takes minutes and 1 GB of disk. Options: --megabytes 200 --runs 5
 */
const { values } = parseArgs({
  options: { megabytes: { type: 'string', default: '200' }, runs: { type: 'string', default: '5' } },
});
const megabytes = Number(values.megabytes);
const runs = Number(values.runs);
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'dpo-bench-'));
const Told = z.object({ seconds: z.number() });

interface Measured {
  /** Inside the process, where the program tells it; else from start to exit. */
  readonly seconds: number;
  /** From start to exit. */
  readonly wall: number;
  readonly peakMiB: number;
}

function measure(args: readonly string[]): Measured {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', './bench/peak-rss.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const wall = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  const told = stdout.startsWith('{"seconds"') ? Told.parse(JSON.parse(stdout)).seconds : wall;
  return { seconds: told, wall, peakMiB: Number(/peak-rss-kib (\d+)/.exec(stderr)?.[1]) / 1024 };
}

const fresh = (name: string): string => {
  rmSync(join(folder, name), { recursive: true, force: true });
  return join(folder, name);
};
const programs = {
  'JSON.parse': (file: string) => measure(['bench/json-parse.ts', file]),
  build: (file: string) => measure(['bench/build.ts', file, fresh('build')]),
  'dpo run': (file: string) =>
    measure(['cli/dpo.ts', 'run', file, '--out', fresh('run'), '--set', 'dataset.formats=[]', '--json']),
  DuckDB: (file: string) => measure(['bench/duckdb.ts', file, fresh('duckdb.jsonl')]),
} as const;
const names = ['JSON.parse', 'build', 'dpo run', 'DuckDB'] as const;

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const rounded = (number: number): number => Number(number.toPrecision(3));

mkdirSync(folder, { recursive: true });
const results: Record<string, unknown> = {};
const table: string[] = [
  '| input | program | seconds | whole process, s | MB/s | peak RSS, MiB |',
  '|---|---|---|---|---|---|',
];
for (const form of ['jsonl', 'indent2', 'compact'] as const) {
  const file = join(folder, form === 'jsonl' ? 'traces.jsonl' : 'traces.json');
  writeFixture({ bytes: megabytes * 1e6, form, seed: 1, path: file });
  const size = statSync(file).size / 1e6;
  const measured: Record<string, Measured[]> = {};
  for (let run = 0; run < runs; run++) {
    for (const name of names) measured[name] = [...(measured[name] ?? []), programs[name](file)];
  }
  const medians = Object.fromEntries(
    names.map((name) => {
      const all = measured[name] ?? [];
      const of = (what: keyof Measured) => rounded(median(all.map((one) => one[what])));
      return [
        name,
        { seconds: of('seconds'), wall: of('wall'), mb_per_s: rounded(size / of('seconds')), peak_mib: of('peakMiB') },
      ];
    }),
  );
  const ratio = (a: string, b: string, what: 'seconds' | 'wall' | 'peak_mib'): number =>
    rounded((medians[a]?.[what] ?? 0) / (medians[b]?.[what] ?? 1));
  results[form] = {
    megabytes: rounded(size),
    medians,
    ratios: {
      'build over JSON.parse, MB/s': ratio('JSON.parse', 'build', 'seconds'),
      'build over DuckDB, MB/s': ratio('DuckDB', 'build', 'seconds'),
      'dpo run over DuckDB, whole process': ratio('DuckDB', 'dpo run', 'wall'),
      'peak RSS of dpo run over DuckDB': ratio('dpo run', 'DuckDB', 'peak_mib'),
    },
  };
  for (const name of names) {
    const { seconds, wall, mb_per_s, peak_mib } = medians[name] ?? { seconds: 0, wall: 0, mb_per_s: 0, peak_mib: 0 };
    table.push(`| ${form} | ${name} | ${seconds} | ${wall} | ${mb_per_s} | ${peak_mib} |`);
  }
  rmSync(file);
}
const sample = Array.from({ length: runs }, () =>
  measure(['cli/dpo.ts', 'run', 'examples/tic-tac-toe.json', '--out', fresh('sample')]),
);
const sampleSeconds = rounded(median(sample.map(({ wall }) => wall)));
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim();
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory_gib: rounded(totalmem() / 2 ** 30) };
writeFileSync(
  join(root, 'bench/results.json'),
  `${JSON.stringify({ version, commit, node: process.version, machine, runs, results, sample_seconds: sampleSeconds }, null, 2)}\n`,
);
rmSync(folder, { recursive: true });
console.log(table.join('\n'));
console.log(
  JSON.stringify(
    Object.fromEntries(
      Object.entries(results).map(([form, one]) => [form, z.object({ ratios: z.unknown() }).parse(one).ratios]),
    ),
    null,
    2,
  ),
);
console.log(`dpo run on the sample: ${sampleSeconds} s`);

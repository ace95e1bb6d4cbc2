import { rounded } from '../measure.ts';
import type { Figure, Measurement, Results } from '../results.ts';
import type { Places } from './fill-pages.ts';
import { NOT_MEASURED, table } from './table.ts';
import { onSixteenCores, targetsTable, twiceAsFast } from './targets.ts';

export const performancePlaces = (results: Results): Places => ({
  targets: targetsTable(results),
  twice_as_fast: twiceAsFast(results),
  on_sixteen_cores: onSixteenCores(results),
  comparison: comparison(results),
  formats: formats(results),
  cores: cores(results),
  growth: growth(results),
  sources: sources(results),
  parquet: parquet(results),
  sample: sample(results),
  profile: profile(results),
  cold_start: coldStart(results),
});

/** Below each table. */
const source = ({ commit, node, cpu, cores, memory_gib, runs }: Measurement): string =>
  `\n\nCommit ${commit}, Node ${node}, ${cpu} with ${cores} cores and ${memory_gib} GiB; ${runs === 1 ? 'one run' : `medians of ${runs} alternating runs`}.`;

const PROGRAMS = {
  duckdb_job: 'DuckDB, the whole job',
  duckdb_pairs: 'DuckDB, the pairs alone',
  dpo: '`dpo run`',
  dpo_without_formats: '`dpo run`, `formats: []`',
} as const;

const figures = ({ seconds, cpu_seconds, peak_mib }: Figure): readonly number[] => [seconds, cpu_seconds, peak_mib];
const FIGURES = ['seconds', 'CPU seconds', 'peak MiB'] as const;
const ratio = (one: number, other: number): string => `${rounded(one / other)} ×`;

function comparison({ comparison: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const rows = found.inputs.flatMap(({ form, prompts, megabytes, programs }) =>
    Object.entries(PROGRAMS).map(([name, title]) => {
      const figure = new Map(Object.entries(programs)).get(name) ?? programs.dpo;
      return [
        ...[form, prompts, title, ...figures(figure), rounded(megabytes / figure.seconds)],
        ratio(figure.seconds, programs.dpo.seconds),
      ];
    }),
  );
  const head = ['traces', 'prompts', 'program', ...FIGURES, 'MB/s', 'time of `dpo run`'];
  return table(head, rows, 3) + source(found.measured);
}

function formats({ formats: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const rows = found.inputs.flatMap(({ prompts, without, formats: all }) => [
    [prompts, 'none', 0, ...figures(without), '1 ×'],
    ...all.map((one) => [
      ...[prompts, `\`${one.name}\``, one.written_megabytes, ...figures(one)],
      ratio(one.seconds, without.seconds),
    ]),
  ]);
  return table(['prompts', 'format', 'MB written', ...FIGURES, 'time without'], rows, 2) + source(found.measured);
}

function cores({ cores: machines }: Results): string {
  if (machines.length === 0) return NOT_MEASURED;
  return machines
    .map(({ measured, megabytes, rows }) => {
      const lines = rows.flatMap(({ cores: count, programs: { duckdb_job, dpo, dpo_without_formats } }) => [
        [count, PROGRAMS.duckdb_job, ...figures(duckdb_job), ratio(duckdb_job.seconds, dpo.seconds)],
        [count, PROGRAMS.dpo, ...figures(dpo), '1 ×'],
        [
          count,
          PROGRAMS.dpo_without_formats,
          ...figures(dpo_without_formats),
          ratio(dpo_without_formats.seconds, dpo.seconds),
        ],
      ]);
      const head = [`cores, ${megabytes} MB`, 'program', ...FIGURES, 'time of `dpo run`'];
      return table(head, lines, 2) + source(measured);
    })
    .join('\n\n');
}

function growth({ growth: found }: Results): string {
  const first = found?.sizes[0];
  if (!found || !first) return NOT_MEASURED;
  const rows = found.sizes.map((size) => [
    ...[`${size.megabytes} MB`, size.pairs, ...figures(size), rounded(size.megabytes / size.seconds)],
    ratio(size.peak_mib, first.peak_mib),
  ]);
  return table(['traces', 'pairs', ...FIGURES, 'MB/s', 'memory of the first'], rows) + source(found.measured);
}

const ORDERS = { adjacent: 'one after another', interleaved: 'interleaved' } as const;

function sources({ sources: found }: Results): string {
  const first = found?.sizes[0];
  if (!found || !first) return NOT_MEASURED;
  const rows = found.sizes.flatMap(({ megabytes, programs }) =>
    (['adjacent', 'interleaved'] as const).map((order) => [
      ...[`${megabytes} MB`, ORDERS[order], ...figures(programs[order]), rounded(megabytes / programs[order].seconds)],
      ratio(programs[order].seconds, programs.adjacent.seconds),
      ratio(programs[order].peak_mib, first.programs[order].peak_mib),
    ]),
  );
  const head = [
    'lines',
    'candidates of an example',
    ...FIGURES,
    'MB/s',
    'time of lines in order',
    'memory of the first',
  ];
  return table(head, rows, 2) + source(found.measured);
}

function parquet({ sources: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const { json_megabytes, parquet_megabytes, programs } = found.parquet;
  const rows = [
    ['read every record', ...figures(programs.read), rounded(json_megabytes / programs.read.cpu_seconds)],
    ['`dpo run`, `formats: []`', ...figures(programs.run), rounded(json_megabytes / programs.run.cpu_seconds)],
  ];
  const head = [
    `${parquet_megabytes} MB of Parquet, ${json_megabytes} MB as JSON lines`,
    ...FIGURES,
    'MB of JSON a CPU second',
  ];
  return table(head, rows) + source(found.measured);
}

function sample({ sample: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const rows = [
    ['`dpo run examples/tic-tac-toe.json`', ...figures(found.dpo)],
    ['a Node process that does nothing', ...figures(found.empty_node)],
    ['a Node process that loads DuckDB and does nothing', ...figures(found.duckdb_that_does_nothing)],
  ];
  return table(['process, start to exit', ...FIGURES], rows) + source(found.measured);
}

function profile({ profile: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const { main_ms, workers_ms, megabytes } = found;
  const rows = found.functions.map(({ name, own_ms }) => [`\`${name}\``, own_ms]);
  return `${table(['function', `own time, ms, of ${main_ms + workers_ms} for ${megabytes} MB`], rows)}

The main thread worked for ${main_ms} ms, the workers together for ${workers_ms} ms.${source(found.measured)}`;
}

function coldStart({ cold_start: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const rows = found.functions.map(({ name, kilobytes, init_ms }) => [name, kilobytes, init_ms]);
  return table(['function', 'KB, minified', 'init, ms'], rows) + source(found.measured);
}

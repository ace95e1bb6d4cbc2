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

/** Below each table; the rest is in bench/results.json. */
const source = ({ commit, cpu, cores, runs }: Measurement): string =>
  `\n\nCommit ${commit}, ${cpu}, ${cores} cores; ${runs === 1 ? 'one run' : `medians of ${runs} runs`}.`;

const ratio = (one: number, other: number): string => `${rounded(one / other)} ×`;

function comparison({ comparison: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const rows = found.inputs.map(
    ({ form, prompts, programs: { duckdb_job, duckdb_pairs, dpo, dpo_without_formats } }) => [
      ...[form, prompts, dpo.seconds, duckdb_job.seconds, duckdb_pairs.seconds, dpo_without_formats.seconds],
      ...[ratio(duckdb_job.seconds, dpo.seconds), dpo.peak_mib, duckdb_job.peak_mib],
    ],
  );
  const head = [
    ...['traces', 'prompts', '`dpo run`, s', 'DuckDB, whole job', 'pairs alone', '`formats: []`', 'faster'],
    ...['`dpo run`, MiB', 'DuckDB'],
  ];
  return table(head, rows, 2) + source(found.measured);
}

function formats({ formats: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const names = [...new Set(found.inputs.flatMap(({ formats: all }) => all.map(({ name }) => name)))];
  const rows = names.map((name) => [
    `\`${name}\``,
    ...found.inputs.flatMap(({ without, formats: all }) => {
      const one = all.find((format) => format.name === name);
      return one ? [one.seconds, ratio(one.seconds, without.seconds)] : ['', ''];
    }),
  ]);
  const none = found.inputs.flatMap(({ without }) => [without.seconds, '1 ×']);
  const head = ['format', ...found.inputs.flatMap(({ prompts }) => [`${prompts}, s`, 'of none'])];
  return table(head, [['none', ...none], ...rows]) + source(found.measured);
}

function cores({ cores: machines }: Results): string {
  if (machines.length === 0) return NOT_MEASURED;
  return machines
    .map(({ measured, megabytes, rows }) => {
      const lines = rows.map(({ cores: count, programs: { duckdb_job, dpo, dpo_without_formats } }) => [
        ...[count, dpo.seconds, duckdb_job.seconds, dpo_without_formats.seconds],
        ...[ratio(duckdb_job.seconds, dpo.seconds), dpo.peak_mib, duckdb_job.peak_mib],
      ]);
      const head = [
        ...[`cores, ${megabytes} MB`, '`dpo run`, s', 'DuckDB, whole job', '`formats: []`', 'faster'],
        ...['`dpo run`, MiB', 'DuckDB'],
      ];
      return table(head, lines) + source(measured);
    })
    .join('\n\n');
}

function growth({ growth: found }: Results): string {
  const first = found?.sizes[0];
  if (!found || !first) return NOT_MEASURED;
  const rows = found.sizes.map(({ megabytes, pairs, seconds, peak_mib }) => [
    ...[megabytes, pairs, seconds, rounded(megabytes / seconds), peak_mib, ratio(peak_mib, first.peak_mib)],
  ]);
  return table(['MB', 'pairs', 'seconds', 'MB/s', 'peak MiB', 'of the first'], rows) + source(found.measured);
}

function sources({ sources: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const rows = found.sizes.map(({ megabytes, programs: { adjacent, interleaved } }) => [
    ...[megabytes, adjacent.seconds, interleaved.seconds, ratio(interleaved.seconds, adjacent.seconds)],
    ...[adjacent.peak_mib, interleaved.peak_mib],
  ]);
  const head = ['MB', 'in order, s', 'interleaved, s', 'slower', 'in order, MiB', 'interleaved, MiB'];
  return table(head, rows) + source(found.measured);
}

function parquet({ sources: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const { json_megabytes, parquet_megabytes, programs } = found.parquet;
  const row = (what: string, { seconds, cpu_seconds, peak_mib }: Figure) => [
    ...[what, seconds, cpu_seconds, rounded(json_megabytes / cpu_seconds), peak_mib],
  ];
  const rows = [row('read every record', programs.read), row('`dpo run`, `formats: []`', programs.run)];
  const head = [`${parquet_megabytes} MB, ${json_megabytes} as JSON`, 'seconds', 'CPU', 'MB of JSON/CPU s', 'peak MiB'];
  return table(head, rows) + source(found.measured);
}

function sample({ sample: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const row = (what: string, { seconds, peak_mib }: Figure) => [what, seconds, peak_mib];
  const rows = [
    row('`dpo run examples/tic-tac-toe.json`', found.dpo),
    row('empty Node process', found.empty_node),
    row('Node that loads DuckDB', found.duckdb_that_does_nothing),
  ];
  return table(['process, start to exit', 'seconds', 'peak MiB'], rows) + source(found.measured);
}

function profile({ profile: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const { main_ms, workers_ms, alone_ms, megabytes } = found;
  const rows = found.functions.slice(0, MOST_FUNCTIONS).map(({ name, own_ms }) => [`\`${name}\``, own_ms]);
  return `${table(['function', `ms of ${main_ms + workers_ms}, ${megabytes} MB`], rows)}

Main thread ${main_ms} ms, ${alone_ms} of them alone, workers ${workers_ms} ms.${source(found.measured)}`;
}

/** The others are in bench/results.json. */
const MOST_FUNCTIONS = 6;

function coldStart({ cold_start: found }: Results): string {
  if (!found) return NOT_MEASURED;
  const rows = found.functions.map(({ name, kilobytes, init_ms }) => [name, kilobytes, init_ms]);
  return table(['function', 'KB', 'ms'], rows) + source(found.measured);
}

import { rounded } from '../measure.ts';
import type { Results } from '../results.ts';
import { NOT_MEASURED, table } from './table.ts';

interface Found {
  readonly value: number;
  readonly of: string;
}

interface Target {
  readonly what: string;
  readonly aim: 'at least' | 'at most';
  readonly limit: number;
  readonly unit?: 's' | 'MB/s';
  /** Of every input that the target is for. */
  readonly found: (results: Results) => readonly Found[];
}

const CORES = 16;

type Input = NonNullable<Results['comparison']>['inputs'][number];

const comparing =
  (of: (programs: Input['programs']) => number, isFor: (form: Input['form']) => boolean = () => true) =>
  ({ comparison }: Results): readonly Found[] =>
    (comparison?.inputs ?? [])
      .filter(({ form }) => isFor(form))
      .map(({ form, prompts, programs }) => ({ value: of(programs), of: `${form}, ${prompts}` }));

const overWholeJob = ({ duckdb_job, dpo }: Input['programs']): number => duckdb_job.seconds / dpo.seconds;

const TARGETS: readonly Target[] = [
  {
    what: "faster than DuckDB's whole job, 2 cores",
    aim: 'at least',
    limit: 1.5,
    found: comparing(overWholeJob, (form) => form !== 'compact'),
  },
  {
    what: 'the same, of compact arrays',
    aim: 'at least',
    limit: 1.2,
    found: comparing(overWholeJob, (form) => form === 'compact'),
  },
  {
    what: "as fast as DuckDB's pairs alone, 2 cores",
    aim: 'at least',
    limit: 0.75,
    found: comparing(({ duckdb_pairs, dpo }) => duckdb_pairs.seconds / dpo.seconds),
  },
  {
    what: `faster than DuckDB's whole job, ${CORES} cores, 1 GB`,
    aim: 'at least',
    limit: 3,
    found: ({ cores }) =>
      cores
        .flatMap(({ rows }) => rows)
        .filter((row) => row.cores === CORES)
        .map(({ programs: { duckdb_job, dpo } }) => ({ value: duckdb_job.seconds / dpo.seconds, of: 'jsonl, mixed' })),
  },
  {
    what: 'time of the same run with `formats: []`',
    aim: 'at most',
    limit: 1.35,
    found: comparing(({ dpo, dpo_without_formats }) => dpo.seconds / dpo_without_formats.seconds),
  },
  {
    what: 'the same, of the slowest format',
    aim: 'at most',
    limit: 1.6,
    found: ({ formats }) =>
      (formats?.inputs ?? []).flatMap(({ prompts, without, formats: all }) =>
        all.map(({ name, seconds }) => ({ value: seconds / without.seconds, of: `\`${name}\`, ${prompts}` })),
      ),
  },
  {
    what: "peak memory of DuckDB's whole job, 2 workers",
    aim: 'at most',
    limit: 0.35,
    found: comparing(({ dpo, duckdb_job }) => dpo.peak_mib / duckdb_job.peak_mib),
  },
  {
    what: 'memory of the smallest size for the largest',
    aim: 'at most',
    limit: 1.15,
    found: ({ growth }) => {
      const [first, last] = [growth?.sizes[0], growth?.sizes.at(-1)];
      if (!first || !last) return [];
      return [{ value: last.peak_mib / first.peak_mib, of: `${first.megabytes} to ${last.megabytes} MB` }];
    },
  },
  {
    what: 'time of lines in order, for interleaved ones',
    aim: 'at most',
    limit: 2,
    found: ({ sources }) =>
      (sources?.sizes ?? []).map(({ megabytes, programs: { adjacent, interleaved } }) => ({
        value: interleaved.seconds / adjacent.seconds,
        of: `${megabytes} MB`,
      })),
  },
  {
    what: 'Parquet in, one core, as JSON',
    aim: 'at least',
    limit: 100,
    unit: 'MB/s',
    found: ({ sources }) =>
      sources
        ? [{ value: sources.parquet.json_megabytes / sources.parquet.programs.read.cpu_seconds, of: 'reading alone' }]
        : [],
  },
  {
    what: 'the shipped sample, start to exit',
    aim: 'at most',
    limit: 0.35,
    unit: 's',
    found: ({ sample }) => (sample ? [{ value: sample.dpo.seconds, of: 'the published command' }] : []),
  },
];

/** What was aimed for beside what was measured: of several inputs the worst. */
export function targetsTable(results: Results): string {
  const rows = TARGETS.map(({ what, aim, limit, unit = '×', found }) => {
    const rising = [...found(results)].sort((a, b) => a.value - b.value);
    const worst = aim === 'at least' ? rising[0] : rising.at(-1);
    const wanted = `${aim === 'at least' ? '≥' : '≤'} ${limit} ${unit}`;
    if (!worst) return [what, wanted, 'not measured', '', ''];
    const met = aim === 'at least' ? worst.value >= limit : worst.value <= limit;
    return [what, wanted, `${rounded(worst.value)} ${unit}`, worst.of, met ? 'yes' : '**no**'];
  });
  return table(['`dpo run` by default', 'aim', 'worst', 'of', 'met'], rows, 5);
}

/** What a run would have to take to be twice as fast as DuckDB's whole job, where it is furthest from that. */
export function twiceAsFast({ comparison }: Results): string {
  const [furthest] = (comparison?.inputs ?? [])
    .filter(({ form }) => form !== 'compact')
    .sort((a, b) => overWholeJob(a.programs) - overWholeJob(b.programs));
  if (!furthest) return NOT_MEASURED;
  const { duckdb_job, dpo } = furthest.programs;
  const wanted = duckdb_job.seconds / 2;
  const of = `${furthest.megabytes} MB (${furthest.form}, ${furthest.prompts})`;
  return wanted >= dpo.seconds
    ? "On JSON lines and indented arrays a run is twice as fast as DuckDB's whole job."
    : `To be twice as fast as DuckDB's whole job, a run over ${of} would have to take ${rounded(wanted)} s instead of ${dpo.seconds} s.`;
}

/** Measured, or what the CPU time of one core comes to, where no machine has that many. */
export function onSixteenCores({ cores, profile }: Results): string {
  const of = cores.find(({ rows }) => rows.some((row) => row.cores === CORES));
  if (of) return `Measured on a machine of ${of.measured.cores} cores.`;
  const [machine] = cores;
  const one = machine?.rows.find((row) => row.cores === 1)?.programs.dpo;
  if (!machine || !one || !profile) return NOT_MEASURED;
  const parallel = 1 - profile.alone_ms / (profile.main_ms + profile.workers_ms);
  const seconds = one.cpu_seconds * (1 - parallel + parallel / CORES);
  return `Without a machine of ${CORES} cores: of ${one.cpu_seconds} s of CPU time of ${machine.megabytes} MB, ${Math.round(100 * parallel)} % can be shared, so ${CORES} cores would take at least ${rounded(seconds)} s.`;
}

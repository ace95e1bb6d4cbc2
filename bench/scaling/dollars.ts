import { type Estimate, sum } from './arithmetic.ts';
import type { Figures } from './figures.ts';
import { collectionOf, finalizeCalls } from './finalize-time.ts';
import { inputBytes, type Job } from './job.ts';
import { MEMORY_MB, SPEED, type Speed } from './limits.ts';
import type { MapTime } from './map-time.ts';
import { buildShards, exportStretches } from './map-work.ts';
import { LOG_BYTES_PER_INVOCATION, PRICES } from './prices.ts';

/** What a run costs, in US dollars; keeping its files is by the month. */
export interface Dollars {
  readonly lambda: number;
  readonly stepFunctions: number;
  readonly s3Requests: number;
  readonly logs: number;
  readonly run: number;
  /** A month of the collection and the trainers' files, and of what they were composed of. */
  readonly kept: number;
}

export function dollars(job: Job, figures: Figures, estimate: Estimate, speed: Speed = SPEED): Dollars {
  const { shards, rounds, stretches, exports, finalize } = estimate;
  const children = shards + exports.length * stretches;
  const invocations = children + rounds + finalize.length;
  const lambda = gibSeconds(job, estimate, speed) * PRICES.lambdaGibSecond + invocations * PRICES.lambdaRequest;
  // Evaluate and its choice each round, Finalize and its choice each call; the maps, Committed. Of a child, its start
  // counts too (not verified: a state entered is what AWS says it counts).
  const states = 2 * rounds + 2 * finalize.length + 1 + exports.length + 1 + 2 * children;
  const stepFunctions = states * PRICES.stateTransition;
  const s3Requests = s3RequestDollars(job, figures, speed);
  const logs = ((invocations * LOG_BYTES_PER_INVOCATION) / 1e9) * PRICES.logGb;
  const run = lambda + stepFunctions + s3Requests + logs;
  const kept = (keptBytes(job, figures, speed) / 1e9) * PRICES.s3GbMonth;
  return { lambda, stepFunctions, s3Requests, logs, run, kept };
}

function gibSeconds(job: Job, { shards, stretches, evaluateSeconds, map, exports, finalize }: Estimate, speed: Speed) {
  // A cold start is paid like work; the first wave's at least.
  const children = (count: number, { childSeconds, atOnce }: MapTime): number =>
    count * childSeconds + atOnce * speed.coldStartSeconds;
  return (
    evaluateSeconds * gib(MEMORY_MB.evaluate) +
    children(shards, map) * gib(MEMORY_MB.buildShard) +
    sum(exports.map((phase) => children(stretches, phase))) * gib(MEMORY_MB.exportStretch) +
    sum(finalize) * gib(job.finalizeMb)
  );
}

function s3RequestDollars(job: Job, figures: Figures, speed: Speed): number {
  const maps = [buildShards(job, figures, speed), ...exportStretches(job, figures, speed)];
  const calls = finalizeCalls(job, figures, speed);
  // An array is read once more for its cuts.
  const scanned = job.form === 'array' ? inputBytes(job) / 2 ** 23 : 0;
  const gets =
    sum(maps.map((map) => map.children * map.gets)) + sum(calls.map((one) => one.reads + one.gets)) + scanned;
  const copies = calls.flatMap((call) => call.copies.map(({ parts }) => parts));
  const listed = Math.ceil(job.objects / 1_000);
  const puts =
    sum(maps.map((map) => map.children * map.puts)) + sum(calls.map((one) => one.puts)) + sum(copies) + listed;
  return gets * PRICES.s3Get + puts * PRICES.s3Put;
}

/** What was written twice: by the shards or stretches, and composed. */
function keptBytes(job: Job, figures: Figures, speed: Speed): number {
  const { bytes, stretches, pairs } = collectionOf(job, figures, speed);
  const { stretch } = figures;
  const [format] = job.formats;
  const written = format ? bytes * (stretch.write[format].bytes / stretch.bytes) : 0;
  return 2 * bytes + (stretches > 0 ? 2 * written + pairs * stretch.recordBytes : written);
}

/** Lambda bills its MB as MiB. */
const gib = (megabytes: number): number => megabytes / 1024;

import { S3_LIMITS } from '../../adapters/s3/bucket.ts';
import { COPIES_IN_FLIGHT } from '../../adapters/s3/compose.ts';
import { CHOOSE_MEMORY_MB, STEP_MEMORY_MB } from '../../functions/memory.ts';
import { ASSUMED } from '../../lib/estimate/rates.ts';
import { estimate, JOBS, LIMITS, ratesOf } from '../estimate.ts';
import { rounded } from '../measure.ts';
import type { Results } from '../results.ts';
import { uploadCostsTable } from '../upload-costs.ts';
import type { Places } from './fill-pages.ts';
import { NOT_MEASURED, table } from './table.ts';

export const scalingPlaces = (results: Results): Places => ({
  shard_bytes: `${LIMITS.shard_bytes / 2 ** 20} MiB`,
  max_concurrency: String(LIMITS.max_concurrency),
  step_memory: `${STEP_MEMORY_MB} MB`,
  choose_least: `${CHOOSE_MEMORY_MB.least} MB`,
  choose_most: `${CHOOSE_MEMORY_MB.most} MB`,
  max_parts: String(S3_LIMITS.maxParts),
  copies: String(COPIES_IN_FLIGHT),
  min_part: `${S3_LIMITS.minPartBytes / 2 ** 20} MiB`,
  network: `${ASSUMED.networkBytes / 1e6} MB/s`,
  copy: `${ASSUMED.copyBytes / 1e6} MB/s`,
  map_starts: String(ASSUMED.mapStarts),
  choosing: choosing(results),
  estimate: estimates(results),
  rates: rates(results),
  upload_costs: uploadCostsTable(),
});

function choosing({ choose }: Results): string {
  if (!choose) return NOT_MEASURED;
  const rows = choose.rows.map(({ formats, memory_mb, pairs_of_turn, pairs, seconds, peak_mib }) => [
    formats.map((name) => `\`${name}\``).join(', '),
    ...[memory_mb, pairs_of_turn, rounded(pairs / 1e6), rounded(seconds / 60), peak_mib],
  ]);
  return table(['formats', 'MB', 'pairs a turn', 'million pairs', 'minutes', 'peak MiB'], rows);
}

function estimates(results: Results): string {
  const found = ratesOf(results);
  if (!found) return NOT_MEASURED;
  const all = JOBS.map((job) => ({ name: job.name, formats: job.formats, ...estimate(job, found) }));
  type One = (typeof all)[number];
  const row = (what: string, of: (one: One) => string | number): readonly (string | number)[] => [what, ...all.map(of)];
  const isRefused = ({ taken: [first] }: One): boolean => first !== undefined && first.share > 1;
  const nearest = ({ taken: [first] }: One): string =>
    first ? `${first.limit}, ${Math.round(100 * first.share)} %` : '';
  return table(
    ['', ...all.map(({ name }) => name)],
    [
      row('shards', ({ shards }) => shards),
      row('million pairs', ({ pairs }) => rounded(pairs / 1e6)),
      row('shards wait for', ({ waitsFor }) => waitsFor),
      row('seconds', (one) => (isRefused(one) ? '**refused**' : Math.round(one.seconds))),
      row('US dollars', (one) => (isRefused(one) ? '**refused**' : priceOf(one.dollars))),
      row('nearest limit, and its share', nearest),
    ],
  );
}

function rates(results: Results): string {
  const found = ratesOf(results);
  if (!found) return 'what is not measured yet';
  const { buildSeconds, writeSeconds, collectionBytes, chooseSecondsOfPair } = found;
  return `${rounded(1 / buildSeconds / 1e6)} MB/s of traces, ${rounded(writeSeconds * LIMITS.shard_bytes)} s more a shard for NeMo Customizer's files, ${Math.round(100 * collectionBytes)} % of the bytes in the collection, ${rounded(chooseSecondsOfPair * 1e6)} µs to choose a pair`;
}

const priceOf = (dollars: number): string => (dollars < 0.01 ? 'under 0.01' : dollars.toFixed(2));

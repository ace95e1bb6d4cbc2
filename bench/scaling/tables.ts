import { type Estimate, estimate } from './arithmetic.ts';
import { type Dollars, dollars } from './dollars.ts';
import { type Figures, mean } from './figures.ts';
import { pairBytesOf, pairsIn } from './finalize-room.ts';
import { choosingWork, collectionOf, inTurnSeconds } from './finalize-time.ts';
import { FINALIZE_MB, JOBS, type Job } from './job.ts';
import { largestCollection } from './largest.ts';
import { SPEED } from './limits.ts';
import { limitsMet, nearest } from './limits-met.ts';
import { type Simulated, simulate } from './simulate.ts';
import { STRETCH_BYTES } from './stretches.ts';
import { bytesText, count, mebibytes, minutes, money, percent, seconds, whole } from './texts.ts';

/** A job by arithmetic and by simulation. */
export interface Row {
  readonly job: Job;
  readonly by: Estimate;
  readonly simulated: Simulated;
  readonly dollars: Dollars;
}

export const rowsOf = (figures: Figures, seed = 1): readonly Row[] =>
  JOBS.map((job) => {
    const by = estimate(job, figures);
    return { job, by, simulated: simulate(job, figures, seed), dollars: dollars(job, figures, by) };
  });

/** The arithmetic, a column a job. */
export function arithmeticTable(rows: readonly Row[], figures: Figures): string {
  const line = (what: string, cell: (row: Row) => string) => `| ${what} | ${rows.map(cell).join(' | ')} |`;
  return [
    `| | ${rows.map(({ job }) => job.name).join(' | ')} |`,
    `|---|${rows.map(() => '---:|').join('')}`,
    line('objects of a run', ({ job }) => `${whole(job.objects)} of ${bytesText(job.objectBytes)}`),
    line('`limits.shard_bytes`', ({ job }) => `${whole(job.shardBytes)} (${mebibytes(job.shardBytes)})`),
    line('`limits.max_concurrency`', ({ job }) => whole(job.maxConcurrency)),
    line('`dataset.formats`', ({ job }) => `\`[${job.formats.join()}]\``),
    line("the stack's `finalizeMemory`, MB", ({ job }) => whole(job.finalizeMb)),
    line('shards', ({ by }) => whole(by.shards)),
    line('at once, waves', ({ by: { map } }) => `${whole(map.atOnce)}, ${whole(map.waves)}`),
    line('a shard, s', ({ by: { map } }) => seconds(map.childSeconds)),
    line('Evaluate, s', ({ by }) => seconds(by.evaluateSeconds)),
    line('starting the shards at 100 a second, s', ({ by: { map } }) => seconds(map.dispatchSeconds)),
    line('BuildShards, s, and what it waits for', ({ by: { map } }) => `${seconds(map.seconds)}, ${map.bound}`),
    line('stretches', ({ by }) => (by.stretches === 0 ? '' : whole(by.stretches))),
    line('ExportStretches, recording and writing, s', ({ by }) =>
      by.exports.map((one) => seconds(one.seconds)).join(', '),
    ),
    line('Finalize, each call, s', ({ by }) => by.finalize.map(seconds).join(', ')),
    line('**together, s**', ({ job, by }) => `**${seconds(job.runs * by.seconds)}**`),
    line('together, simulated, s', ({ job, simulated }) => seconds(job.runs * simulated.seconds)),
    line('most at once, simulated', ({ simulated: { map, exports } }) =>
      whole(Math.max(...[map, ...exports].map(({ peak }) => peak))),
    ),
    line('collection of a run', ({ job }) => bytesText(collectionOf(job, figures, SPEED).bytes)),
    line('pairs of a run', ({ job }) => count(collectionOf(job, figures, SPEED).pairs)),
    line('Lambda, $', ({ job, dollars: { lambda } }) => money(job.runs * lambda)),
    line('Step Functions, $', ({ job, dollars: { stepFunctions } }) => money(job.runs * stepFunctions)),
    line('S3 requests, $', ({ job, dollars: { s3Requests } }) => money(job.runs * s3Requests)),
    line('logs, $', ({ job, dollars: { logs } }) => money(job.runs * logs)),
    line('**together, $**', ({ job, dollars: { run } }) => `**${money(job.runs * run)}**`),
    line('keeping all that is written for a month, $', ({ job, dollars: { kept } }) => money(job.runs * kept)),
    line('nearest limit of a run, and how much of it is taken', nearestText(figures)),
  ].join('\n');
}

const nearestText =
  (figures: Figures) =>
  ({ job, by }: Row): string => {
    const met = nearest(limitsMet(job, figures, by));
    return met ? `${met.limit}, ${percent(met.share)}` : '';
  };

/** What `record-bytes.ts` keeps of a pair for one more view, and in each view for an unpaired format. */
const VIEW_BYTES = 33;
const COMPLETIONS_BYTES = 32;

/** Among how many pairs Finalize chooses, by the formats and its memory, and how long that takes of its 15 minutes. */
export function choosingTable(figures: Figures): string {
  const { choose, stretch } = figures;
  const cases = [
    { formats: ['nemo_customizer'], chosen: choose.one, recordBytes: stretch.recordBytes },
    { formats: ['nemo_customizer', 'trl'], chosen: choose.two, recordBytes: stretch.recordBytes + VIEW_BYTES },
    {
      formats: ['nemo_customizer', 'trl', 'trl_kto'],
      chosen: choose.with_trl_kto,
      recordBytes: stretch.recordBytes + VIEW_BYTES + 2 * COMPLETIONS_BYTES,
    },
  ] as const;
  const rows = cases.flatMap(({ formats, chosen, recordBytes }) =>
    [FINALIZE_MB.least, FINALIZE_MB.most].map((megabytes) => {
      const pairs = pairsIn(megabytes, formats);
      const bytes = (pairs * figures.shard.bytes) / figures.shard.pairs;
      const stretches = (pairs * figures.stretch.bytes) / figures.stretch.pairs / STRETCH_BYTES;
      const time = minutes(inTurnSeconds(choosingWork({ pairs, stretches, chosen, recordBytes }, SPEED), SPEED));
      return `| ${formats.map((name) => `\`${name}\``).join(', ')} | ${whole(megabytes)} | ${pairBytesOf(formats)} | ${count(pairs)} | ${bytesText(bytes)} | ${time} |`;
    }),
  );
  const head = '| formats | `finalizeMemory`, MB | bytes a pair | pairs | such traces | choosing, minutes |';
  return [head, '|---|---:|---:|---:|---:|---:|', ...rows].join('\n');
}

/** Objects of 10 GB, in shards of 2 GiB: large ones, so that their number is no limit. */
const LARGE: Job = {
  ...{ name: 'large', objects: 1, objectBytes: 10e9, form: 'lines', runs: 1, formats: [] },
  ...{ shardBytes: 2 * 2 ** 30, maxConcurrency: 900, finalizeMb: FINALIZE_MB.least },
};
const GIGABYTES: Job = { ...LARGE, objectBytes: 1e9, shardBytes: 256 * 2 ** 20 };

/** What was measured, and what follows of it for one Finalize. */
export function measuredTable(figures: Figures): string {
  const { shard, finalize, alone, stretch, choose } = figures;
  const arrays = estimate({ ...GIGABYTES, objects: 1_000, form: 'array' }, figures);
  const withFormat = largestCollection({ ...GIGABYTES, formats: ['nemo_customizer'] }, figures);
  const rate = (measured: readonly number[]) => `${whole(stretch.bytes / mean(measured) / 1e6)} MB/s`;
  const spread = (measured: readonly number[]) =>
    `${seconds(mean(measured))} (${seconds(Math.min(...measured))} to ${seconds(Math.max(...measured))})`;
  const each = ({ pairs, seconds: taken, peakBytes }: Figures['choose']['one']) =>
    `${seconds((taken / pairs) * 1e6)} µs a pair; ${bytesText(peakBytes)} for ${count(pairs)}`;
  const { nemo_customizer, trl } = stretch.write;
  return [
    `Measured at commit ${figures.commit}: Node ${figures.node}, ${figures.cpu}.`,
    '',
    '| measured | |',
    '|---|---:|',
    `| a shard of ${mebibytes(shard.bytes)}, s | ${spread(shard.seconds)} |`,
    `| a shard of one item, s | ${seconds(figures.smallestShardSeconds)} |`,
    `| collection of it | ${percent(shard.collectionBytes / shard.bytes)} of the traces, ${whole(shard.collectionBytes / shard.pairs)} bytes a pair |`,
    `| Evaluate's scan of an array | ${whole(figures.scanBytesPerSecond / 1e6)} MB/s |`,
    `| Finalize, a shard | ${seconds(finalize.shardSeconds * 1000)} ms, ${whole(finalize.shardMemoryBytes)} bytes of memory |`,
    `| Finalize, a copied part, our own work | ${seconds(finalize.partSeconds * 1000)} ms |`,
    `| trainers' files by one function, both passes: \`nemo_customizer\`, \`trl\` | ${whole(alone.bytesPerSecond.nemo_customizer / 1e6)}, ${whole(alone.bytesPerSecond.trl / 1e6)} MB/s of collection, ${whole(alone.pairMemoryBytes)} bytes of memory a pair |`,
    `| a stretch recorded | ${rate(stretch.record)} of collection; ${whole(stretch.recordBytes)} bytes a pair |`,
    `| a stretch written: \`nemo_customizer\`, \`trl\` | ${rate(nemo_customizer.seconds)}, ${rate(trl.seconds)}; ${percent(nemo_customizer.bytes / stretch.bytes)}, ${percent(trl.bytes / stretch.bytes)} of the collection |`,
    `| choosing, one format | ${each(choose.one)} |`,
    `| choosing, \`nemo_customizer\` and \`trl\` | ${each(choose.two)} |`,
    `| choosing, these and \`trl_kto\` | ${each(choose.with_trl_kto)} |`,
    `| choosing, one format, one pair a turn | ${each(choose.one_pair_a_turn)} |`,
    '',
    '| what follows for AWS | |',
    '|---|---:|',
    `| Evaluate over 1 TB of arrays | ${seconds(arrays.evaluateSeconds)} s in ${arrays.rounds} rounds |`,
    `| Finalize with one format, by its time | up to ${bytesText(withFormat.bytes)} of collection, ${count(withFormat.pairs)} pairs |`,
    `| Finalize without, by its time | up to ${bytesText(largestCollection(LARGE, figures).bytes)} of collection |`,
    `| Finalize without, by its memory (3,008 MB) | up to ${whole((FINALIZE_MB.least * 2 ** 20 - finalize.baseMemoryBytes) / finalize.shardMemoryBytes)} shards |`,
  ].join('\n');
}

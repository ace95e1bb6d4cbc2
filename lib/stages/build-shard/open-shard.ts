import { addCounts, noCounts } from '../../contract/counters.ts';
import type { Request } from '../../contract/request.ts';
import type { Diagnosis, Summary } from '../../contract/summary.ts';
import type { Rejected } from '../../contract/trajectory.ts';
import type { TokenCounter } from '../../datasets/token-counter.ts';
import { wantedDatasets } from '../../datasets/wanted-datasets.ts';
import { crc32 } from '../../objects/checksum.ts';
import { runKeys } from '../../objects/keys.ts';
import { type ObjectSink, openSink } from '../../objects/object-sink.ts';
import { inOneChunk, type Written } from '../../objects/store.ts';
import type { RejectedCandidate } from '../../preferences/candidate.ts';
import type { CandidatePlace } from '../../preferences/candidate-place.ts';
import { MAX_PAIRS_PER_EXAMPLE, pairExample, type Rollout } from '../../preferences/pair-example.ts';
import type { ExampleOrigin } from '../../preferences/trajectory-text.ts';
import { pickShards, shareSample } from '../../report/pick-shards.ts';
import { openShardSample, type ShardSampler } from '../../report/shard-sample.ts';
import type { ItemRejection } from '../../sources/record.ts';
import type { Deps } from '../deps.ts';
import { sumRepetitions } from '../workflow/repetition-sums.ts';
import { openCollectionPart } from './collection-part.ts';
import { noDiagnosis } from './diagnosis.ts';

/** A shard as it is built: its files, and what its summary counts. */
export interface OpenShard {
  readonly diagnosis: Diagnosis;
  countItem(span: { readonly bytes: number }): void;
  loseItem(place: CandidatePlace, why: ItemRejection): Promise<void>;
  /** Pairs the example's rollouts and writes what comes of it. `source`: the number of its trace object in the shard. */
  addExample(origin: ExampleOrigin, source: number, rollouts: readonly Rollout[]): Promise<void>;
  warn(warning: string): void;
  /** Closes the files. */
  close(): Promise<Omit<Summary, 'run_id' | 'ordinal' | 'started_at' | 'seconds'>>;
  /** Gives the files up. */
  abort(): Promise<void>;
}

/** `shards`: so many has the run. */
export function openShard(
  request: Request,
  { ordinal, shards }: { readonly ordinal: number; readonly shards: number },
  { collections }: Deps,
  counter?: TokenCounter,
): OpenShard {
  const { run_id: runId, builder } = request;
  const keys = runKeys(runId).shard(ordinal);
  const collection = openSink(collections, keys.collection);
  // Most shards lose nothing, and have no such file.
  let rejected: ObjectSink | undefined;
  const index = wantedDatasets(request) === 'none' ? undefined : openSink(collections, keys.index);
  const part = openCollectionPart(request, collection, index, counter);
  // A report shows a few shards of many.
  const sampler = pickShards(shards).includes(ordinal) ? openShardSample(builder, shareSample(shards)) : undefined;
  const repetitions = sumRepetitions(request);
  const counters = noCounts();
  const diagnosis = noDiagnosis();
  const warnings: string[] = [];
  const firstRejected: Summary['first_rejected'] = [];
  let rejectedLines = 0;
  let itemsWithPairs = 0;

  const writeLoss = async (line: Rejected): Promise<void> => {
    rejectedLines += 1;
    rejected ??= openSink(collections, keys.rejected);
    await rejected.writeText(`${JSON.stringify(line)}\n`);
  };
  const loseItem = async (place: CandidatePlace, why: ItemRejection): Promise<void> => {
    counters.rejected_items[why.reason] = (counters.rejected_items[why.reason] ?? 0) + 1;
    if (firstRejected.length < 3) firstRejected.push({ ...place, reason: `${why.reason}: ${why.detail}` });
    const { reason, detail, exampleId: example_id } = why;
    const of = { run_id: runId, kind: 'item', reason, detail } as const;
    await writeLoss({ ...of, ...place, example_id, turn_id: null, candidate_uuid: null });
  };
  const writeSample = async ({ sample, lines }: ReturnType<ShardSampler['end']>): Promise<void> => {
    if (sample.pairs === 0) return;
    await collections.write(keys.sampledPairs, inOneChunk(Buffer.from(lines.join(''), 'latin1')));
    await collections.write(keys.sample, inOneChunk(Buffer.from(JSON.stringify(sample))));
  };
  return {
    diagnosis,
    countItem({ bytes }) {
      counters.total_items += 1;
      counters.bytes += bytes;
    },
    loseItem,
    async addExample(origin, source, rollouts) {
      const paired = pairExample(rollouts, builder);
      if (!paired) {
        for (const { place } of rollouts) await loseItem(place, tooManyPairs(origin));
        return;
      }
      addCounts(counters, paired.counters);
      if (paired.turns.length > 0) {
        await part.addGroup(origin, source, paired.turns);
        const group = { exampleId: origin.exampleId, turns: paired.turns };
        sampler?.addGroup(group);
        repetitions.addGroup(group);
        itemsWithPairs += new Set(paired.turns.flatMap((turn) => turn.map(({ chosen }) => chosen.place))).size;
      }
      for (const rollout of rollouts) {
        for (const why of rollout.rejected) await writeLoss(describeCandidate(origin, rollout.place, why));
      }
    },
    warn: (warning) => void warnings.push(warning),
    async close() {
      await part.end();
      if (sampler) await writeSample(sampler.end());
      const [collected, lost, indexed] = await closeAll([collection, rejected, index]);
      return {
        counters,
        collection: collected ?? NOTHING,
        rejected: { ...(lost ?? NOTHING), lines: rejectedLines },
        index: { ...(indexed ?? NOTHING), pairs: part.pairs },
        items_with_pairs: itemsWithPairs,
        first_rejected: firstRejected,
        diagnosis,
        repetitions: repetitions.sums(),
        ...(part.tokens && { tokens: part.tokens }),
        warnings,
      };
    },
    abort: async () => {
      await Promise.all([collection.abort(), rejected?.abort(), index?.abort()]);
    },
  };
}

const NOTHING: Written = { bytes: 0, crc32: crc32(new Uint8Array()) };

const tooManyPairs = ({ exampleId }: ExampleOrigin): ItemRejection => ({
  reason: 'too_many_pairs',
  detail: `its turns allow more than ${MAX_PAIRS_PER_EXAMPLE} pairs; cap the candidates of a turn, or set builder.exhaustive_pairs to false`,
  exampleId,
});

const describeCandidate = (origin: ExampleOrigin, place: CandidatePlace, why: RejectedCandidate): Rejected => ({
  run_id: origin.runId,
  kind: 'candidate',
  reason: why.reason,
  detail: why.detail,
  ...place,
  example_id: origin.exampleId,
  turn_id: why.turnId,
  candidate_uuid: why.uuid,
});

async function closeAll(sinks: readonly (ObjectSink | undefined)[]): Promise<readonly (Written | undefined)[]> {
  const closing = sinks.map((sink) => sink?.close());
  // All are over before the failure of one is thrown: a function that has ended must not leave an upload half done.
  await Promise.allSettled(closing);
  return (await Promise.all(closing)).map((written) => (written === 'exists' ? NOTHING : written));
}

import { addCounts } from '../../contract/counters.ts';
import type { Request } from '../../contract/request.ts';
import type { Diagnosis, Summary } from '../../contract/summary.ts';
import type { Rejected } from '../../contract/trajectory.ts';
import type { TokenCounter } from '../../datasets/token-counter.ts';
import { wantedDatasets } from '../../datasets/wanted-datasets.ts';
import { runKeys } from '../../objects/keys.ts';
import { type ObjectSink, openSink } from '../../objects/object-sink.ts';
import { inOneChunk, type Written } from '../../objects/store.ts';
import type { RejectedCandidate } from '../../preferences/candidate.ts';
import type { CandidatePlace } from '../../preferences/candidate-place.ts';
import { pairExample, type Rollout } from '../../preferences/pair-example.ts';
import type { PreferencePair } from '../../preferences/pairs.ts';
import type { ExampleOrigin } from '../../preferences/trajectory-text.ts';
import { pickShards, shareSample } from '../../report/pick-shards.ts';
import { openShardSample, type ShardSampler } from '../../report/shard-sample.ts';
import { showsText } from '../../report/shows-text.ts';
import type { Deps } from '../deps.ts';
import { settleAll } from '../settle-all.ts';
import { sumRepetitions } from '../workflow/repetition-sums.ts';
import { openCollectionPart } from './collection-part.ts';
import { noDiagnosis } from './diagnosis.ts';
import { type Losses, NOTHING, openLosses } from './open-losses.ts';

/** Takes what is read of trace objects, example by example. */
export interface ExampleSink extends Pick<Losses, 'countItem' | 'countUnused' | 'loseItem'> {
  readonly diagnosis: Diagnosis;
  /** `source`: the number of the example's trace object in the shard. */
  addExample(origin: ExampleOrigin, source: number, rollouts: readonly Rollout[]): Promise<void>;
  warn(warning: string): void;
}

/** A shard as it is built: its files, and what its summary counts. It pairs each example's rollouts and writes the pairs. */
export interface OpenShard extends ExampleSink {
  /** Notes that a prompt has its chat template in it already. */
  noteRendered(): void;
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
  const { run_id: runId, builder, limits } = request;
  const keys = runKeys(runId).shard(ordinal);
  const collection = openSink(collections, keys.collection);
  const losses = openLosses(collections, { runId, ordinal });
  const index = wantedDatasets(request) === 'none' ? undefined : openSink(collections, keys.index);
  const part = openCollectionPart(request, collection, index, counter);
  // A report shows a few shards of many.
  const sampler = pickShards(shards).includes(ordinal)
    ? openShardSample(builder, { share: shareSample(shards), text: showsText(request) })
    : undefined;
  const repetitions = sumRepetitions(request);
  const diagnosis = noDiagnosis();
  const warnings: string[] = [];
  let itemsWithPairs = 0;
  let rendered = false;

  const writeSample = async ({ sample, lines }: ReturnType<ShardSampler['end']>): Promise<void> => {
    if (sample.pairs === 0) return;
    if (lines.length > 0) {
      await collections.write(keys.sampledPairs, inOneChunk(Buffer.from(lines.join(''), 'latin1')));
    }
    await collections.write(keys.sample, inOneChunk(Buffer.from(JSON.stringify(sample))));
  };
  return {
    diagnosis,
    countItem: losses.countItem,
    countUnused: losses.countUnused,
    loseItem: losses.loseItem,
    async addExample(origin, source, rollouts) {
      const { exampleId } = origin;
      const paired = pairExample({ exampleId, rollouts }, builder, limits);
      if ('rejected' in paired) {
        for (const { place } of rollouts) await losses.loseItem(place, { ...paired.rejected, exampleId });
        return;
      }
      addCounts(losses.counters, paired.counters);
      sampler?.addSkipped(exampleId, paired.skipped);
      if (paired.turns.length > 0) {
        await part.addGroup(origin, source, paired.turns);
        const group = { exampleId, turns: paired.turns };
        sampler?.addGroup(group, part.describe);
        repetitions.addGroup(group);
        itemsWithPairs += new Set(paired.turns.flat().flatMap((pair) => placesOf(pair, builder))).size;
      }
      for (const rollout of rollouts) {
        for (const why of rollout.rejected) await losses.write(describeCandidate(origin, rollout.place, why));
      }
    },
    noteRendered() {
      rendered = true;
    },
    warn: (warning) => void warnings.push(warning),
    async close() {
      await part.end();
      if (sampler) await writeSample(sampler.end());
      const [lost, collected, indexed] = await settleAll([
        losses.close(),
        closed(collection),
        index ? closed(index) : NOTHING,
      ]);
      return {
        ...lost,
        collection: collected,
        index: { ...indexed, pairs: part.pairs },
        items_with_pairs: itemsWithPairs,
        ...(rendered && { rendered }),
        diagnosis,
        repetitions: repetitions.sums(),
        ...(part.tokens && { tokens: part.tokens }),
        warnings,
      };
    },
    abort: async () => {
      await Promise.all([collection.abort(), losses.abort(), index?.abort()]);
    },
  };
}

/** NAT's pairs are where their chosen candidates are. */
const placesOf = ({ chosen, rejected }: PreferencePair, { compatibility }: Request['builder']): CandidatePlace[] =>
  compatibility === 'nat' ? [chosen.place] : [chosen.place, rejected.place];

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

async function closed(sink: ObjectSink): Promise<Written> {
  const written = await sink.close();
  return written === 'exists' ? NOTHING : written;
}

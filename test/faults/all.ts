import { crashAsking, racingAsking } from './asking.ts';
import { crashAnywhere, inMemory, strikeAnywhere } from './crashes.ts';
import { pagedListings } from './listings.ts';
import type { Row } from './matrix.ts';
import { COARSER, overS3 } from './over-s3.ts';
import { raceAnywhere, racingExecutions } from './races.ts';
import { BY_ETAG, BY_LISTING, BY_VERSION, replacedInputs } from './replaced.ts';
import { scattered } from './scattered.ts';
import { misbehavingStorage } from './storage.ts';
import { brief, full, gated, inManyFiles, withLongAnswers } from './traces.ts';
import { uploadEvents } from './upload-events.ts';
import { ANYWHERE, IN_DATASETS, uploadsGivenUp } from './uploads-given-up.ts';

/**
 * Every fault, wherever it can strike, in parts that share nothing. A part throws at a run that is neither committed nor
 * failed by a name.
 */
export const FAULT_PARTS: readonly ((interleavings: number) => Promise<readonly Row[]>)[] = [
  () => crashAnywhere('in memory', full('strict'), inMemory),
  async (interleavings) => [await racingExecutions(full('strict'), interleavings / 2)],
  () => crashAnywhere('in memory', full('nat'), inMemory),
  async (interleavings) => [await racingExecutions(full('nat'), interleavings / 2)],
  () => overS3(({ makeStores }) => crashAnywhere('over HTTP', brief, makeStores)),
  () => crashAnywhere('with a gate alone', gated, inMemory),
  () => strikeAnywhere('groups that lie apart', scattered, inMemory),
  async (interleavings) => [
    await raceAnywhere(
      'two executions of one run whose groups lie apart, store calls interleaved at random',
      scattered,
      interleavings / 5,
    ),
  ],
  () => crashAnywhere('in many files', inManyFiles, inMemory),
  async (interleavings) => [await racingExecutions(inManyFiles, interleavings / 5, ' in many files')],
  () => overS3(({ makeStores }) => crashAnywhere('over HTTP, with long answers', withLongAnswers, makeStores), COARSER),
  async (interleavings) => [...(await crashAsking()), await racingAsking(interleavings / 10)],
  () => misbehavingStorage(),
  async () => [await replacedInputs(BY_VERSION), await replacedInputs(BY_ETAG), await replacedInputs(BY_LISTING)],
  async () => [await pagedListings(), await uploadsGivenUp(ANYWHERE), await uploadsGivenUp(IN_DATASETS)],
  async () => [await uploadEvents(20)],
];

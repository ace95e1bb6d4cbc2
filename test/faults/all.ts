import { crashAsking, racingAsking } from './asking.ts';
import { crashAnywhere, inMemory } from './crashes.ts';
import { pagedListings } from './listings.ts';
import type { Row } from './matrix.ts';
import { COARSER, overS3 } from './over-s3.ts';
import { racingExecutions } from './races.ts';
import { BY_ETAG, BY_LISTING, BY_VERSION, replacedInputs } from './replaced.ts';
import { misbehavingStorage } from './storage.ts';
import { brief, briefInStretches, full, inRounds, inStretches } from './traces.ts';
import { uploadEvents } from './upload-events.ts';
import { ANYWHERE, BY_STRETCHES, uploadsGivenUp } from './uploads-given-up.ts';

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
  () => crashAnywhere('cut in rounds', inRounds, inMemory),
  () => crashAnywhere('in stretches', inStretches, inMemory),
  async (interleavings) => [await racingExecutions(inStretches, interleavings / 5, ' in stretches')],
  () => overS3(({ makeStores }) => crashAnywhere('over HTTP, in stretches', briefInStretches, makeStores), COARSER),
  async (interleavings) => [...(await crashAsking()), await racingAsking(interleavings / 10)],
  () => misbehavingStorage(),
  async () => [await replacedInputs(BY_VERSION), await replacedInputs(BY_ETAG), await replacedInputs(BY_LISTING)],
  async () => [await pagedListings(), await uploadsGivenUp(ANYWHERE), await uploadsGivenUp(BY_STRETCHES)],
  async () => [await uploadEvents(20)],
];

import { expect, test } from 'vitest';
import { retried } from '../../cli/local/retried.ts';
import { InvalidRequest, StoreUnavailable } from '../../lib/errors.ts';
import { TrainingSubmitPending } from '../../lib/stages/training/errors.ts';

/** Fails so often by an error each, then tells how often it was tried; and the pauses between. */
function failing(errors: readonly Error[]) {
  const pauses: number[] = [];
  let tries = 0;
  const work = async () => {
    const error = errors[tries++];
    if (error) throw error;
    return tries;
  };
  return { work, pauses, pause: async (seconds: number) => void pauses.push(seconds) };
}
const times = (count: number, error: Error) => Array.from({ length: count }, () => error);

test('a store that does not answer is asked six times more, after pauses that grow, each at random', async () => {
  const { work, pauses, pause } = failing(times(6, new StoreUnavailable('no answer')));
  expect(await retried('BuildShard', work, pause)).toBe(7);
  for (const [at, most] of [2, 4, 8, 16, 32, 60].entries()) {
    expect(pauses[at]).toBeGreaterThanOrEqual(0);
    expect(pauses[at]).toBeLessThanOrEqual(most);
  }
  expect(pauses).toHaveLength(6);
});

test('then the step fails by it, as at once by any error that stays', async () => {
  const unavailable = failing(times(7, new StoreUnavailable('no answer')));
  await expect(retried('Finalize', unavailable.work, unavailable.pause)).rejects.toThrow(StoreUnavailable);
  const invalid = failing([new InvalidRequest('wrong')]);
  await expect(retried('Finalize', invalid.work, invalid.pause)).rejects.toThrow(InvalidRequest);
  expect(invalid.pauses).toEqual([]);
});

test('rules count apart: a submission that waits for another’s has its own tries and pauses', async () => {
  const pending = new TrainingSubmitPending('another is at it');
  const mixed = failing([pending, new StoreUnavailable('no answer'), ...times(9, pending)]);
  expect(await retried('SubmitTraining', mixed.work, mixed.pause)).toBe(12);
  expect(mixed.pauses.filter((seconds) => seconds === 30)).toHaveLength(10);
  const elsewhere = failing([pending]);
  await expect(retried('DeployModel', elsewhere.work, elsewhere.pause)).rejects.toThrow(TrainingSubmitPending);
});

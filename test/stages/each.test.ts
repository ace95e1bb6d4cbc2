import { expect, test } from 'vitest';
import { InvalidRequest } from '../../lib/errors.ts';
import { each } from '../../lib/stages/each.ts';

test('each begins its items in order, so many at once, and gives their results in order', async () => {
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const results = await each([3, 1, 2, 0], 2, async (item) => {
    begun.push(item);
    most = Math.max(most, ++running);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    running -= 1;
    return item * 10;
  });
  expect({ begun, most, results }).toEqual({ begun: [3, 1, 2, 0], most: 2, results: [30, 10, 20, 0] });
});

test('after the first failure each begins nothing, and throws it when what is under way has ended', async () => {
  const ended: number[] = [];
  const under = Promise.withResolvers<void>();
  const mapped = each([0, 1, 2, 3], 2, async (item) => {
    if (item === 1) {
      setImmediate(under.resolve);
      throw new InvalidRequest('the first');
    }
    await under.promise;
    ended.push(item);
    throw new InvalidRequest('a later one');
  });
  await expect(mapped).rejects.toThrow('the first');
  expect(ended).toEqual([0]);
});

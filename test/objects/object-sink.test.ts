import { expect, test } from 'vitest';
import { StoreRefused } from '../../lib/errors.ts';
import { openSink } from '../../lib/objects/object-sink.ts';
import { memoryStore } from '../support/memory-store.ts';

// Vitest fails a file in which a rejection is handled by nobody.
test('a store that refuses fails the writing and the closing, whichever of the writes are awaited', async () => {
  const store = { ...memoryStore(), write: () => Promise.reject(new StoreRefused('no')) };
  const sink = openSink(store, 'key');
  sink.writeText('before the store has answered');
  await new Promise(setImmediate);
  const [first, second] = [sink.writeText('a piece'), sink.copy(Buffer.from('another'), 0, 7)];
  expect(first).toBeInstanceOf(Promise);
  await expect(second).rejects.toThrow(StoreRefused);
  await expect(sink.close()).rejects.toThrow(StoreRefused);
});

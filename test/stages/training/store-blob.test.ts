import { createServer } from 'node:http';
import fc from 'fast-check';
import { Agent } from 'undici';
import { expect, it } from 'vitest';
import { guardedFetch } from '../../../adapters/http/guarded-fetch.ts';
import { StoreBlob } from '../../../adapters/trainers/store-blob.ts';
import type { ObjectStore } from '../../../lib/objects/store.ts';
import { newStore } from '../../support/training-run.ts';

it('is cut like any Blob', async () => {
  const store = newStore();
  const bytes = Uint8Array.from({ length: 50 }, (_, n) => n);
  await store.create('k', bytes);
  const position = fc.integer({ min: -60, max: 60 });
  await fc.assert(
    fc.asyncProperty(position, position, position, async (a, b, c) => {
      const ours = new StoreBlob(store, 'k', 0, 50).slice(a, b).slice(c);
      const theirs = new Blob([bytes]).slice(a, b).slice(c);
      expect(ours.size).toBe(theirs.size);
      expect(new Uint8Array(await ours.arrayBuffer())).toEqual(new Uint8Array(await theirs.arrayBuffer()));
    }),
  );
});

it('is not held whole where it is large', async () => {
  const blob = new StoreBlob(endless(), 'runs/r/k', 0, 33_554_433);
  await expect(blob.arrayBuffer()).rejects.toThrow('runs/r/k has 33554433 bytes');
});

it('is uploaded without passing through memory whole', async () => {
  let arrived = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk) => {
      arrived += chunk.length;
    });
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const size = 400_000_000;
  let held = 0;
  const store = endless(() => {
    held = Math.max(held, process.memoryUsage().arrayBuffers);
  });
  const body = new StoreBlob(store, 'k', 0, size);
  const response = await guardedFetch(new Agent())(`http://127.0.0.1:${port}`, { method: 'PUT', body });
  expect(response.status).toBe(200);
  expect(arrived).toBe(size);
  expect(held).toBeLessThan(size / 2);
  server.closeAllConnections();
  server.close();
});

/** A store whose objects have as many bytes as are asked for. */
function endless(onRead = () => {}): ObjectStore {
  const chunk = new Uint8Array(1_000_000);
  return {
    ...newStore(),
    async *read(_, { start = 0, end = 0 } = {}) {
      for (let at = start; at < end; at += chunk.length) {
        onRead();
        yield chunk.subarray(0, Math.min(chunk.length, end - at));
      }
    },
  };
}

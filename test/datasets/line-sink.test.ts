import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileStore } from '../../adapters/files/file-store.ts';
import { storeLineSink } from '../../lib/datasets/line-sink.ts';
import { StoreRefused } from '../../lib/errors.ts';
import { crc32 } from '../../lib/objects/checksum.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'line-sink-'));
});
afterEach(() => rm(root, { recursive: true }));

/** More than the sink and its store may hold at once. */
const many = Array.from({ length: 3000 }, (_, index) => `${index} ${'é'.repeat(1000)}`);

test('lines arrive whole and in order, with the size and checksum of the file', async () => {
  const sink = storeLineSink(fileStore(root), 'runs/r/datasets/trl/train.jsonl');
  for (const line of many) await sink.line(line);
  const written = await sink.close();
  const body = await readFile(join(root, 'runs/r/datasets/trl/train.jsonl'));
  expect(body.toString('utf8')).toBe(`${many.join('\n')}\n`);
  expect(written).toEqual({ bytes: body.length, crc32: crc32(body) });
});

test('several sinks can be open at once', async () => {
  const sinks = ['a', 'b', 'c'].map((key) => storeLineSink(fileStore(root), key));
  for (const line of many) for (const sink of sinks) await sink.line(line);
  const sizes = await Promise.all(sinks.map((sink) => sink.close()));
  expect(new Set(sizes.map(({ bytes }) => bytes)).size).toBe(1);
});

test('a store that does not read on makes the writer wait, and the sink holds little', async () => {
  let read = (): void => {};
  const asked = new Promise<void>((resolve) => {
    read = resolve;
  });
  const store = storeThat(async (_key, body) => {
    await asked;
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.length;
    return { bytes, crc32: 0 };
  });
  const sink = storeLineSink(store, 'slow');
  let taken = 0;
  const writing = (async () => {
    for (const line of many) {
      await sink.line(line);
      taken += line.length;
    }
    return sink.close();
  })();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(taken).toBeLessThan(2 ** 21);
  read();
  expect((await writing).bytes).toBe(Buffer.byteLength(`${many.join('\n')}\n`));
});

test('a store that refuses fails the writer by the same name', async () => {
  const store = storeThat(async (_key, body) => {
    for await (const _ of body) throw new StoreRefused('no');
    throw new Error('nothing came');
  });
  const sink = storeLineSink(store, 'refused');
  const writing = (async () => {
    for (const line of many) await sink.line(line);
    await sink.close();
  })();
  await expect(writing).rejects.toThrow(StoreRefused);
});

test('a file that is given up leaves nothing behind', async () => {
  const sink = storeLineSink(fileStore(root), 'given/up');
  for (const line of many) await sink.line(line);
  await sink.abort();
  expect((await readdir(root, { recursive: true })).filter((name) => name.endsWith('up'))).toEqual([]);
});

const unused = (): never => {
  throw new Error('not used here');
};

const storeThat = (write: ObjectStore['write']): ObjectStore => ({
  name: 'test',
  write,
  head: unused,
  read: unused,
  create: unused,
  compose: unused,
  list: unused,
  remove: unused,
});

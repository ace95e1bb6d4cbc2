import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileStore } from '../../adapters/files/file-store.ts';
import { prefixedStore } from '../../lib/objects/prefixed-store.ts';
import { readAll } from '../../lib/objects/store.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prefixed-'));
});
afterAll(() => rm(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('every operation of a prefixed store stays below its prefix, and its keys are relative to it', async () => {
  const whole = fileStore(folder);
  const store = prefixedStore(whole, 'team/x/');
  await whole.create('team/other', bytes('other'));
  expect(await store.create('a', bytes('one'))).toBe('created');
  expect(await store.create('a', bytes('two'))).toBe('exists');
  await store.write(
    'b',
    (async function* () {
      yield bytes(', two');
    })(),
  );
  await store.compose('c', [
    { key: 'a', bytes: 3 },
    { key: 'b', bytes: 5 },
  ]);
  expect(await readFile(join(folder, 'team/x/c'), 'utf8')).toBe('one, two');
  expect(new TextDecoder().decode(await readAll(store, 'c', { start: 5 }))).toBe('two');
  expect(await store.head('c')).toMatchObject({ key: 'c', bytes: 8 });
  expect(await store.head('other')).toBeUndefined();
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  expect(keys).toEqual(['a', 'b', 'c']);
  await store.remove('a');
  expect(await whole.head('team/x/a')).toBeUndefined();
  expect(await whole.head('team/other')).toBeDefined();
});

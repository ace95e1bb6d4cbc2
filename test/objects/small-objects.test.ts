import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { readNatConfigFile } from '../../cli/nat-config-file.ts';
import { readSettingsFile } from '../../cli/settings-file.ts';
import { LONGEST_LINE } from '../../lib/contract/longest-line.ts';
import { Request } from '../../lib/contract/request.ts';
import { LARGEST_SMALL_OBJECT, type ObjectStore, readAll } from '../../lib/objects/store.ts';
import { readJson, readLines } from '../../lib/objects/stored-json.ts';
import { readTokenizer } from '../../lib/stages/pin-tokenizer.ts';
import { requestOf } from '../../lib/stages/request-of.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'small-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A store whose every object has no end. */
function endlessStore() {
  let read = 0;
  const chunk = Buffer.alloc(2 ** 20, ' ');
  const store: ObjectStore = {
    ...memoryStore('traces'),
    async *read() {
      for (;;) {
        read += chunk.length;
        yield chunk;
      }
    },
  };
  return { store, read: () => read };
}

test('an object of a run is read up to a limit below that of a string', async () => {
  const { store, read } = endlessStore();
  await expect(readAll(store, 'k', { most: 3_000_000 })).rejects.toThrow(
    /^traces\/k is larger than 3000000 bytes, the limit for such a file/,
  );
  expect(read()).toBeLessThan(5_000_000);
  await expect(readJson(store, 'k', z.unknown())).rejects.toMatchObject({ name: 'CorruptObject' });
  expect(read()).toBeLessThan(LARGEST_SMALL_OBJECT + 10_000_000);
});

test('a line of a run is read up to a limit below that of a string', async () => {
  const { store, read } = endlessStore();
  await expect(Array.fromAsync(readLines(store, 'k', z.unknown()))).rejects.toMatchObject({ name: 'CorruptObject' });
  expect(read()).toBeLessThan(LONGEST_LINE + 10_000_000);
});

test('an uploaded run.json is read up to a megabyte', async () => {
  const { store, read } = endlessStore();
  const event = {
    detail: { bucket: { name: 'traces' }, object: { key: 'a/run.json', etag: 'e', sequencer: '1', size: 1 } },
  };
  const asked = requestOf(
    { execution: 'x', input: { 'detail-type': 'Object Created', source: 'aws.s3', ...event } },
    memoryDeps(store),
  );
  await expect(asked).rejects.toThrow(
    /^traces\/a\/run\.json is larger than 1048576 bytes, the limit for a run\.json\. It holds a request, not traces\.$/,
  );
  expect(read()).toBeLessThan(4_000_000);
});

test('files of settings are read up to a megabyte', async () => {
  for (const [name, read] of [
    ['request.json', (file: string) => readSettingsFile('--request', file)],
    ['request.yaml', (file: string) => readSettingsFile('--request', file)],
    ['config.yml', (file: string) => readNatConfigFile(file, {})],
  ] as const) {
    const file = join(folder, name);
    await writeFile(file, '');
    // A hole, which takes no room on the disk.
    await truncate(file, 2 ** 33);
    await expect(read(file)).rejects.toThrow(/is larger than 1048576 bytes, the limit for a settings file/);
  }
});

test("a tokenizer's file is read up to a limit", async () => {
  const { store } = endlessStore();
  const source = { traces: { bucket: 'traces', prefix: '' } };
  const request = Request.parse({ run_id: 'r', source, dataset: { tokenizer: { bucket: 'traces', prefix: 'm/' } } });
  await expect(readTokenizer(request, memoryDeps(store))).rejects.toThrow(
    /^dataset\.tokenizer: traces\/m\/.* is larger than 134217728 bytes/,
  );
});

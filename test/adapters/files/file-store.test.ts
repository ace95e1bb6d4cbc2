import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileError } from '../../../adapters/files/file-errors.ts';
import { fileStore } from '../../../adapters/files/file-store.ts';
import { type ObjectStore, readAll } from '../../../lib/objects/store.ts';
import { chunksOf, noise, storeContract } from '../store-contract.ts';

storeContract('the file store', async () => {
  const root = await mkdtemp(join(tmpdir(), 'file-store-'));
  return { store: fileStore(root), partBytes: 4_096, close: () => rm(root, { recursive: true }) };
});

describe('the file store, on a disk', () => {
  let outside: string;
  let root: string;
  let store: ObjectStore;
  beforeEach(async () => {
    outside = await mkdtemp(join(tmpdir(), 'file-store-'));
    root = join(outside, 'root');
    store = fileStore(root);
  });
  afterEach(async () => {
    await rm(outside, { recursive: true });
  });

  const listed = async (prefix = '') =>
    (await Array.fromAsync(store.list(prefix))).map(({ key, leadsOut }) => (leadsOut ? `${key} leads out` : key));

  test('a root that is not there lists nothing and appears with the first write', async () => {
    expect(await listed()).toEqual([]);
    expect(await store.head('a/b')).toBeUndefined();
    await store.create('a/b', noise(1));
    expect(await listed()).toEqual(['a/b']);
  });

  test('a root that is a file is refused', async () => {
    await writeFile(root, '');
    const refused = { name: 'StoreRefused', message: expect.stringContaining('a directory is needed, but a file') };
    await expect(listed()).rejects.toMatchObject(refused);
    await expect(store.create('a', noise(1))).rejects.toMatchObject(refused);
    await expect(store.write('a/b', chunksOf(noise(1), 1))).rejects.toMatchObject(refused);
  });

  test('a directory is no object', async () => {
    await store.create('a/b', noise(1));
    expect(await store.head('a')).toBeUndefined();
    await expect(readAll(store, 'a')).rejects.toMatchObject({ name: 'ObjectNotFound' });
    await store.remove('a');
    const refused = { name: 'StoreRefused', message: expect.stringContaining('a file is needed, but a directory') };
    await expect(store.write('a', chunksOf(noise(1), 1))).rejects.toMatchObject(refused);
    await expect(store.create('a', noise(1))).rejects.toMatchObject({ name: 'StoreRefused' });
  });

  test.each(['', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../../b', 'a/./b', 'a\\b', 'a\0b'])(
    'the key %j cannot leave the root: it is refused',
    async (key) => {
      const refused = { name: 'StoreRefused', message: expect.stringContaining('is not a path below') };
      await expect(store.head(key)).rejects.toMatchObject(refused);
      await expect(store.create(key, noise(1))).rejects.toMatchObject(refused);
      await expect(readAll(store, key)).rejects.toMatchObject(refused);
      await expect(store.remove(key)).rejects.toMatchObject(refused);
      expect(await readdir(outside)).toEqual([]);
    },
  );

  test('symbolic links that leave the root are listed as such, and neither read nor written through', async () => {
    await store.create('real/file', noise(1));
    await writeFile(join(outside, 'secret'), 'secret');
    await mkdir(join(outside, 'elsewhere'));
    await symlink(join(outside, 'secret'), join(root, 'secret'));
    await symlink(outside, join(root, 'out'));
    await symlink('/', join(root, 'top'));
    await symlink(root, join(root, 'real/loop'));
    await symlink(join(root, 'real/file'), join(root, 'alias'));
    await symlink(join(root, 'nowhere'), join(root, 'dangling'));
    expect(await listed()).toEqual([
      ...['alias', 'dangling leads out', 'out leads out', 'real/file', 'secret leads out', 'top leads out'],
    ]);
    for (const key of ['secret', 'out/secret', `top${outside}/secret`]) {
      const refused = { name: 'StoreRefused', message: expect.stringContaining('leads out of') };
      await expect(readAll(store, key)).rejects.toMatchObject(refused);
      await expect(store.head(key)).rejects.toMatchObject(refused);
    }
    await expect(store.create('out/elsewhere/new/file', noise(1))).rejects.toMatchObject({ name: 'StoreRefused' });
    expect(await readdir(join(outside, 'elsewhere'))).toEqual([]);
  });

  test('a link that a person has named is read wherever it leads, its folder not', async () => {
    await mkdir(root);
    await writeFile(join(outside, 'blob'), 'text');
    await symlink('../blob', join(root, 'linked.jsonl'));
    await symlink('..', join(root, 'folder'));
    store = fileStore(root, new Set(['linked.jsonl', 'folder/blob']));
    expect(await store.head('linked.jsonl')).toMatchObject({ key: 'linked.jsonl', bytes: 4 });
    expect(Buffer.from(await readAll(store, 'linked.jsonl')).toString()).toBe('text');
    await expect(readAll(store, 'folder/blob')).rejects.toMatchObject({ name: 'StoreRefused' });
  });

  test('a folder that is swapped for a link after it was looked at is neither read nor written through', async () => {
    await mkdir(join(outside, 'elsewhere'));
    await writeFile(join(outside, 'elsewhere/secret'), 'secret');
    await store.create('folder/secret', noise(1));
    expect(await readAll(store, 'folder/secret')).toEqual(noise(1));
    await rename(join(root, 'folder'), join(root, 'moved'));
    await symlink('../elsewhere', join(root, 'folder'));
    const refused = { name: 'StoreRefused', message: expect.stringContaining('leads out of') };
    await expect(readAll(store, 'folder/secret')).rejects.toMatchObject(refused);
    await expect(store.create('folder/new', noise(1))).rejects.toMatchObject(refused);
    expect(await readdir(join(outside, 'elsewhere'))).toEqual(['secret']);
  });

  test('no read that races with the swapping of a link gets what lies outside', async () => {
    await store.create('inside', noise(1));
    await writeFile(join(outside, 'secret'), 'secret');
    const swap = async () => {
      for (let times = 0; times < 200; times += 1) {
        await symlink(times % 2 === 0 ? '../secret' : 'inside', join(root, 'next'));
        await rename(join(root, 'next'), join(root, 'swapped'));
      }
    };
    const swapping = swap().then(() => 'over' as const);
    let over = false;
    void swapping.then(() => {
      over = true;
    });
    while (!over) {
      const read = await readAll(store, 'swapped').catch(({ name }) => name);
      if (typeof read === 'string') expect(['StoreRefused', 'ObjectNotFound', 'InputChanged']).toContain(read);
      else expect(read).toEqual(noise(1));
      // A read that is refused waits for nothing: the swapping gets its turn here.
      await setImmediate();
    }
    await swapping;
  });

  test('a pipe is no object, and no read waits for its writer', async () => {
    await mkdir(root);
    execFileSync('mkfifo', [join(root, 'pipe')]);
    expect(await listed()).toEqual([]);
    await expect(readAll(store, 'pipe')).rejects.toMatchObject({ name: 'ObjectNotFound' });
  });

  test('a directory that cannot be made is refused, not tried for ever', async () => {
    await symlink('nowhere', join(outside, 'dangling'));
    const refused = { name: 'StoreRefused', message: expect.stringContaining('cannot be created') };
    for (const place of [join(outside, 'dangling/out'), ...(process.platform === 'linux' ? ['/proc/out'] : [])]) {
      await expect(fileStore(place).create('runs/r/a', noise(1))).rejects.toMatchObject(refused);
    }
  });

  test('a root reached through a symbolic link is as good as any', async () => {
    await store.create('a/b', noise(1));
    await symlink(root, join(outside, 'link'));
    store = fileStore(join(outside, 'link'));
    expect(await listed()).toEqual(['a/b']);
    expect(await readAll(store, 'a/b')).toEqual(noise(1));
  });

  test('a file being written is listed by no name, and leaves nothing when it fails', async () => {
    let during: string[] = [];
    const body = async function* () {
      yield noise(10);
      during = await readdir(root);
      expect(await listed()).toEqual([]);
      throw new Error('stop');
    };
    await expect(store.write('a', body())).rejects.toThrow('stop');
    expect(during).toHaveLength(1);
    expect(await readdir(root)).toEqual([]);
    await expect(store.create(during[0] ?? '', noise(1))).rejects.toMatchObject({ name: 'StoreRefused' });
  });

  test('a file changed in place fails the read that pinned it, even halfway', async () => {
    await store.create('a', noise(3 * 2 ** 20));
    const pin = await store.head('a');
    const path = join(root, 'a');
    const readWhile = async (change: () => Promise<unknown>) => {
      let done = false;
      for await (const _ of store.read('a')) {
        if (!done) await change();
        done = true;
      }
    };
    await expect(readWhile(() => truncate(path, 2 ** 20))).rejects.toMatchObject({ name: 'InputChanged' });
    await expect(readAll(store, 'a', { pin })).rejects.toMatchObject({ name: 'InputChanged' });
    await expect(readWhile(() => utimes(path, 1, 1))).rejects.toMatchObject({ name: 'InputChanged' });
    await writeFile(`${path}.new`, noise(5));
    await expect(readWhile(() => rename(`${path}.new`, path))).resolves.toBeUndefined();
  });

  test.each([
    ['ENOSPC', 'the disk is full'],
    ['EACCES', 'permission denied'],
    ['EROFS', 'read-only'],
    ['EDQUOT', 'the disk quota is used up'],
    ['EFBIG', 'larger than the file system'],
  ])('%s is told in plain words', (code, words) => {
    const cause = Object.assign(new Error(code), { code });
    const told = fileError('/there', cause);
    expect(told).toMatchObject({ name: 'StoreRefused', message: expect.stringContaining(words), cause });
  });
});

import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crc32 } from '../../lib/objects/checksum.ts';
import { byKey, type ObjectStore, readAll } from '../../lib/objects/store.ts';

export interface OpenStore {
  readonly store: ObjectStore;
  /** Bytes of the smallest part that the store copies: the tests' objects are sized around it. */
  readonly partBytes: number;
  /** Its listings show another character in the place of one that XML does not have. */
  readonly hidesControlCharacters?: boolean;
  close(): Promise<void>;
}

const CONTROL = '\u0001\u0007\t\r\n\u001b[2J\u007f\u0085\u2028b';

/** What `lib/objects/store.ts` promises, held against one driver. */
export function storeContract(name: string, open: () => Promise<OpenStore>): void {
  describe(name, () => {
    let opened: OpenStore;
    let store: ObjectStore;
    let part: number;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
      part = opened.partBytes;
    });
    afterAll(async () => {
      for (const key of written) await store.remove(key);
      await opened.close();
    });

    const written: string[] = [];
    const newKey = (name = 'object'): string => {
      const key = `contract/${randomUUID()}/${name}`;
      written.push(key);
      return key;
    };
    const put = async (body: Uint8Array, key = newKey()): Promise<string> => {
      await store.write(key, chunksOf(body, Math.max(1_000, part / 10)));
      return key;
    };
    const whole = (key: string) => readAll(store, key);

    test('an object that is not there has no head and cannot be read', async () => {
      const key = newKey();
      expect(await store.head(key)).toBeUndefined();
      await expect(whole(key)).rejects.toMatchObject({ name: 'ObjectNotFound' });
      await store.remove(key);
    });

    test('what was written is read back, with its length and checksum', async () => {
      for (const bytes of [0, 1, part - 1, part, part + 1, 5 * part + 3]) {
        const key = newKey();
        const body = noise(bytes);
        expect(await store.write(key, chunksOf(body, part / 3))).toEqual({ bytes, crc32: crc32(body) });
        expect(Buffer.compare(await whole(key), body)).toBe(0);
        expect(await store.head(key)).toMatchObject({ key, bytes, etag: expect.stringMatching(/./) });
      }
    });

    test('any range of an object is read as that range', async () => {
      const body = noise(4 * part + 5);
      const key = await put(body);
      const position = fc.integer({ min: 0, max: body.length + 3 });
      await fc.assert(
        fc.asyncProperty(position, position, async (start, end) => {
          expect(Buffer.compare(await readAll(store, key, { start, end }), body.subarray(start, end))).toBe(0);
        }),
        { numRuns: 30 },
      );
      expect(Buffer.compare(await readAll(store, key, { start: 7 }), body.subarray(7))).toBe(0);
    });

    test('nothing is read of an empty object, or past the end', async () => {
      const empty = await put(new Uint8Array());
      expect(await whole(empty)).toHaveLength(0);
      expect(await readAll(store, await put(noise(9)), { start: 9 })).toHaveLength(0);
    });

    test('a pinned read gives the pinned bytes or fails by name', async () => {
      const key = await put(noise(100));
      const pin = await store.head(key);
      expect(await readAll(store, key, { pin })).toEqual(noise(100));
      await put(noise(101), key);
      await expectPinned(readAll(store, key, { pin }), noise(100));
      await store.remove(key);
      await expectPinned(readAll(store, key, { pin }), noise(100));
    });

    test('a listed object can be pinned too', async () => {
      const key = await put(noise(100));
      for await (const pin of store.list(key)) expect(await readAll(store, key, { pin })).toEqual(noise(100));
    });

    test('an object replaced while it is read is never mixed', async () => {
      // Several times what is read at once.
      const bytes = (part > 2 ** 20 ? 8 : 40) * part;
      const before = noise(bytes);
      const key = await put(before);
      const replaced = async () => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of store.read(key)) {
          if (chunks.length === 0) await put(noise(bytes + 1).subarray(1), key);
          chunks.push(chunk);
        }
        return Buffer.concat(chunks);
      };
      await expectPinned(replaced(), before);
    });

    test('a reader may stop early', async () => {
      const key = await put(noise(4 * part));
      for await (const chunk of store.read(key)) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      expect((await store.head(key))?.bytes).toBe(4 * part);
    });

    test('an object is created once', async () => {
      const key = newKey();
      expect(await store.create(key, noise(3))).toBe('created');
      expect(await store.create(key, noise(4))).toBe('exists');
      expect(await whole(key)).toEqual(noise(3));
    });

    test('of several racers exactly one creates', async () => {
      const key = newKey();
      const racers = [1, 2, 3, 4, 5, 6, 7, 8];
      const outcomes = await Promise.all(racers.map((bytes) => store.create(key, noise(bytes))));
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      const winner = racers[outcomes.indexOf('created')] ?? 0;
      expect(await whole(key)).toEqual(noise(winner));
    });

    test('a write replaces what stands there, and leaves it with ifAbsent', async () => {
      for (const bytes of [10, 4 * part]) {
        const key = await put(noise(5));
        expect(await store.write(key, chunksOf(noise(bytes), part), { ifAbsent: true })).toBe('exists');
        expect(await whole(key)).toEqual(noise(5));
        await put(noise(bytes), key);
        expect((await store.head(key))?.bytes).toBe(bytes);
        const fresh = newKey();
        expect(await store.write(fresh, chunksOf(noise(bytes), part), { ifAbsent: true })).toMatchObject({ bytes });
      }
    });

    test('a write whose body fails changes nothing and fails as the body did', async () => {
      for (const bytes of [10, 4 * part]) {
        const key = newKey();
        const failing = () => failAfter(noise(bytes));
        await expect(store.write(key, failing())).rejects.toThrow('the body failed');
        expect(await store.head(key)).toBeUndefined();
        await put(noise(5), key);
        await expect(store.write(key, failing())).rejects.toThrow('the body failed');
        expect(await whole(key)).toEqual(noise(5));
      }
    });

    test('whatever parts are composed, the result is their bytes in order', async () => {
      const sources = await Promise.all(
        [0, 1, Math.floor(part / 2), part - 1, part, part + 1, 2 * part, 7 * part + 11].map(async (bytes, index) => {
          const body = noise(bytes + index).subarray(index);
          return { key: await put(body), body };
        }),
      );
      const anySource = fc.nat(sources.length - 1).map((index) => sources[index] ?? { key: '', body: noise(0) });
      const anyPart = fc
        .tuple(
          anySource,
          fc.boolean(),
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.double({ min: 0, max: 1, noNaN: true }),
        )
        .map(([{ key, body }, all, from, length]) => {
          if (all) return { part: { key, bytes: body.length }, body };
          const start = Math.floor(from * body.length);
          const bytes = Math.floor(length * (body.length - start));
          return { part: { key, start, bytes }, body: body.subarray(start, start + bytes) };
        });
      const target = newKey();
      await fc.assert(
        fc.asyncProperty(fc.array(anyPart, { maxLength: 8 }), async (chosen) => {
          const expected = Buffer.concat(chosen.map(({ body }) => body));
          const parts = chosen.map(({ part }) => part);
          await store.compose(target, parts, { crc32: crc32(expected) });
          expect(Buffer.compare(await whole(target), expected)).toBe(0);
        }),
        { numRuns: opened.partBytes > 2 ** 20 ? 5 : 40 },
      );
    });

    test('nothing composed is an empty object', async () => {
      const key = newKey();
      await store.compose(key, []);
      expect(await store.head(key)).toMatchObject({ bytes: 0 });
    });

    test('a composition with another checksum is refused and changes nothing', async () => {
      for (const bytes of [10, 3 * part]) {
        const key = await put(noise(5));
        const source = await put(noise(bytes));
        const composed = store.compose(key, [{ key: source, bytes }], { crc32: 1 });
        await expect(composed).rejects.toMatchObject({ name: 'CorruptObject' });
        expect(await whole(key)).toEqual(noise(5));
      }
    });

    test('a missing or shorter part fails the composition by name', async () => {
      for (const bytes of [10, 3 * part]) {
        const key = newKey();
        const there = { key: await put(noise(bytes)), bytes };
        const missing = store.compose(key, [there, { key: newKey(), bytes }]);
        await expect(missing).rejects.toMatchObject({ name: 'ObjectNotFound' });
        for (const short of [
          { ...there, bytes: bytes + 1 },
          { ...there, start: 1 },
        ]) {
          await expect(store.compose(key, [there, short])).rejects.toMatchObject({ name: 'CorruptObject' });
        }
        expect(await store.head(key)).toBeUndefined();
      }
    });

    test('a listing holds what begins with the prefix, in code-unit order', async () => {
      const folder = `contract/${randomUUID()}/`;
      // In UTF-8 the last two are the other way round.
      const names = ['a', 'a-b/c', 'a.b', 'a b+c&d<e>"f\'%41', 'b/c/d', 'b/c.d', 'b0', 'ab', 'é', '😀', '（', 'Z'];
      const keys = names.map((name) => `${folder}${name}`).sort();
      for (const key of keys.toReversed()) {
        written.push(key);
        await store.create(key, noise(3));
      }
      const listed = await Array.fromAsync(store.list(folder));
      expect(listed.map(({ key }) => key)).toEqual(keys);
      expect([...listed].sort(byKey)).toEqual(listed);
      expect(listed.every(({ bytes, etag }) => bytes === 3 && etag !== '')).toBe(true);
      const under = await Array.fromAsync(store.list(`${folder}b/c`));
      expect(under.map(({ key }) => key)).toEqual([`${folder}b/c.d`, `${folder}b/c/d`]);
      expect(await Array.fromAsync(store.list(`${folder}nothing`))).toEqual([]);
      for (const key of keys) expect(await whole(key)).toEqual(noise(3));
      const composed = newKey();
      await store.compose(
        composed,
        keys.map((key) => ({ key, bytes: 3 })),
      );
      expect(await store.head(composed)).toMatchObject({ bytes: 3 * keys.length });
    });

    test('a key with control characters is listed as it is, or refused', async () => {
      const key = newKey(`a${CONTROL}`);
      await store.create(key, noise(3));
      expect(await whole(key)).toEqual(noise(3));
      const listed = Array.fromAsync(store.list(key.slice(0, -CONTROL.length)));
      if (opened.hidesControlCharacters) {
        await expect(listed).rejects.toMatchObject({
          name: 'StoreRefused',
          message: expect.stringMatching(/shows no control characters.*Rename it\.$/s),
        });
      } else expect((await listed).map((object) => object.key)).toEqual([key]);
    });

    test('what was removed is gone', async () => {
      const key = await put(noise(3));
      await store.remove(key);
      expect(await store.head(key)).toBeUndefined();
      expect(await Array.fromAsync(store.list(key))).toEqual([]);
      expect(await store.create(key, noise(4))).toBe('created');
    });
  });
}

/** Bytes without a pattern that a mixed-up order could hide in; the same for the same length. */
export function noise(bytes: number): Buffer {
  const body = Buffer.allocUnsafe(bytes);
  let state = bytes + 1;
  for (let at = 0; at < bytes; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    body[at] = state >>> 24;
  }
  return body;
}

export async function* chunksOf(body: Uint8Array, bytes: number): AsyncGenerator<Uint8Array> {
  const step = Math.max(1, Math.floor(bytes));
  for (let at = 0; at < body.length; at += step) yield body.subarray(at, at + step);
}

async function* failAfter(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
  throw new Error('the body failed');
}

/** Where versions are kept the old bytes are still to be had; elsewhere the read must fail by its name. */
async function expectPinned(reading: Promise<Uint8Array>, bytes: Uint8Array): Promise<void> {
  try {
    expect(Buffer.compare(await reading, bytes)).toBe(0);
  } catch (error) {
    expect(error).toMatchObject({ name: 'InputChanged' });
  }
}

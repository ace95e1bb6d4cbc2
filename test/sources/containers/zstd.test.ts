import { readFileSync } from 'node:fs';
import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unzstd } from '../../../lib/sources/containers/zstd.ts';
import { MAX_ITEM_BYTES } from '../../../lib/sources/record.ts';
import { pinnedBytes } from '../../support/pinned-bytes.ts';
import { natItems } from '../formats/nat/scan-reference.ts';

const golden = (name: string) => readFileSync(new URL(`../../golden/containers/${name}`, import.meta.url));

async function decompressed(compressed: Uint8Array, chunkBytes?: number) {
  const stream = unzstd(pinnedBytes(compressed, chunkBytes).open(0));
  const bytes = Buffer.concat(await Array.fromAsync(stream.bytes));
  return { bytes, ending: stream.ending() };
}

describe('what other programs compress comes out whole', () => {
  const text = Array.from({ length: 200 }, (_, id) => `{"id": ${id}, "text": "record ${id} ${'日本 '.repeat(40)}"}\n`);

  test.each(['cli', 'cli-piped', 'pzstd', 'frames'])('%s', async (name) => {
    for (const chunkBytes of [1, 7, 100_000]) {
      const { bytes, ending } = await decompressed(golden(`${name}.jsonl.zst`), chunkBytes);
      expect(ending).toBeUndefined();
      expect(bytes.toString()).toBe(text.join(''));
    }
  });
});

const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
/** Some 60 blocks: more than are held at once. */
const trace = Buffer.concat(Array.from({ length: 200 }, (_, at) => Buffer.from(`${at}${natItems().join(`${at}`)}\n`)));
const frame = zstdCompressSync(trace, checked);

describe('a damaged stream', () => {
  const damage = fc.record({
    at: fc.noBias(fc.nat(9_999)).map((parts) => parts / 10_000),
    flip: fc.integer({ min: 1, max: 255 }),
    cut: fc.boolean(),
  });

  test('comes to the same bytes and ends alike, however it arrives', async () => {
    const twice = Buffer.concat([frame, frame]);
    await fc.assert(
      fc.asyncProperty(damage, fc.integer({ min: 50, max: 40_000 }), async ({ at, flip, cut }, chunkBytes) => {
        const place = Math.floor(at * twice.length);
        const hurt = Buffer.from(cut ? twice.subarray(0, place) : twice);
        if (!cut) hurt[place] = (hurt[place] ?? 0) ^ flip;
        const whole = await decompressed(hurt);
        const again = await decompressed(hurt, chunkBytes);
        expect(again.ending).toEqual(whole.ending);
        expect(again.bytes.equals(whole.bytes)).toBe(true);
        expect(whole.ending?.at).toBe(cut && (place === 0 || place === frame.length) ? undefined : whole.bytes.length);
      }),
      { numRuns: 40 },
    );
  });

  test('keeps what came out before, and says how much that is', async () => {
    const { bytes, ending } = await decompressed(Buffer.concat([frame, frame.subarray(0, frame.length - 9)]));
    expect(bytes.length).toBeGreaterThan(1.5 * trace.length);
    expect(bytes.subarray(0, trace.length).equals(trace)).toBe(true);
    expect(ending).toMatchObject({ at: bytes.length, reason: 'broken_zstd' });
    expect(ending?.detail).toBe(
      `the zstd stream is damaged or cut off after ${bytes.length} bytes of text (it is cut off)`,
    );
  });

  test('is one whose text is another than its checksum says', async () => {
    const hurt = Buffer.from(frame);
    hurt[hurt.length - 1] = (hurt[hurt.length - 1] ?? 0) ^ 1;
    const { bytes, ending } = await decompressed(hurt);
    expect(bytes.equals(trace)).toBe(true);
    expect(ending?.detail).toMatch(/checksum/);
  });

  test('is one that has something else than frames behind its end', async () => {
    expect((await decompressed(Buffer.concat([frame, Buffer.from('and more')]))).ending?.detail).toMatch(
      /other bytes follow its end/,
    );
    expect((await decompressed(Buffer.concat([frame, Buffer.alloc(40)]))).ending).toBeUndefined();
  });
});

test('any number of frames of any size is one stream', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(300_000), { maxLength: 6 }),
      fc.integer({ min: 1, max: 70_000 }),
      async (sizes, chunkBytes) => {
        const texts = sizes.map((size) => trace.subarray(size, 2 * size));
        const { bytes, ending } = await decompressed(
          Buffer.concat(texts.map((text) => zstdCompressSync(text))),
          chunkBytes,
        );
        expect(ending).toBeUndefined();
        expect(bytes.equals(Buffer.concat(texts))).toBe(true);
      },
    ),
    { numRuns: 30 },
  );
});

test('errors of the source are thrown as they are', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield frame.subarray(0, 1000);
    throw new Error('changed');
  }
  await expect(Array.fromAsync(unzstd(failing()).bytes)).rejects.toThrow('changed');
});

test('lines that repeat one prompt, which compress 1,100 times, are no bomb; zeros are one', async () => {
  const outcome = async (text: Buffer) => {
    const compressed = zstdCompressSync(text);
    const frames = Array.from({ length: Math.ceil((1.5 * MAX_ITEM_BYTES) / text.length) }, () => compressed);
    const stream = unzstd(pinnedBytes(Buffer.concat(frames)).open(0));
    let bytes = 0;
    for await (const chunk of stream.bytes) bytes += chunk.length;
    return { bytes, reason: stream.ending()?.reason };
  };
  const prompt = trace.toString('base64', 0, 60_000);
  const lines = Array.from({ length: 200 }, (_, index) => `${JSON.stringify({ prompt, index })}\n`);
  expect(await outcome(Buffer.from(lines.join('')))).toMatchObject({ reason: undefined });
  const { bytes, reason } = await outcome(Buffer.alloc(8 * 2 ** 20));
  expect(reason).toBe('zstd_bomb');
  // As soon as more came out than one record may have, and no later than a part after that.
  expect(bytes).toBeLessThan(MAX_ITEM_BYTES + 3 * 2 ** 20);
});

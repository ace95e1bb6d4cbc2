import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gunzip } from '../../../lib/sources/containers/gunzip.ts';
import { MAX_ITEM_BYTES } from '../../../lib/sources/record.ts';
import { natItems } from '../formats/nat/scan-reference.ts';

/** What comes out, and how it ended. */
async function inflated(compressed: Uint8Array, chunkBytes = 65_536) {
  const stream = gunzip(chunked([compressed], chunkBytes));
  const bytes = Buffer.concat(await Array.fromAsync(stream.bytes));
  return { bytes, ending: stream.ending() };
}

async function* chunked(pieces: Iterable<Uint8Array>, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += chunkBytes) yield piece.subarray(at, at + chunkBytes);
  }
}

/** Does not fit one chunk of zlib's output, nor one piece of its input. */
const trace = Buffer.concat(Array.from({ length: 30 }, (_, at) => Buffer.from(`${at}${natItems().join(`${at}`)}\n`)));
const member = gzipSync(trace, { level: 1 });

describe('a damaged gzip stream', () => {
  const damage = fc.record({
    at: fc.noBias(fc.nat(9_999)).map((parts) => parts / 10_000),
    flip: fc.integer({ min: 0, max: 255 }),
    cut: fc.boolean(),
  });

  // zlib gives more or less of what stands before the damage, depending on where its input is cut, and a stream that is
  // destroyed drops what is still to be read of it: a shard that was built twice had other lines the second time.
  test('inflates to the same bytes and ends alike, however it arrives', async () => {
    const twice = Buffer.concat([member, member]);
    await fc.assert(
      fc.asyncProperty(damage, fc.integer({ min: 50, max: 40_000 }), async ({ at, flip, cut }, chunkBytes) => {
        const place = Math.floor(at * twice.length);
        const hurt = Buffer.from(cut ? twice.subarray(0, place) : twice);
        if (!cut) hurt[place] = (hurt[place] ?? 0) ^ flip;
        const whole = await inflated(hurt);
        const again = await inflated(hurt, chunkBytes);
        expect(again.ending).toEqual(whole.ending);
        expect(again.bytes.equals(whole.bytes)).toBe(true);
        if (cut && place > 0 && place !== member.length) expect(whole.ending?.reason).toBe('broken_gzip');
      }),
      { numRuns: 30 },
    );
  });

  test('keeps what came out before the damage, and says at which byte that ends', async () => {
    const { bytes, ending } = await inflated(member.subarray(0, member.length - 9));
    expect(bytes.equals(trace)).toBe(true);
    expect(ending).toMatchObject({ at: trace.length, reason: 'broken_gzip' });
    expect(ending?.detail).toMatch(/^the gzip stream is damaged or cut off \(unexpected end of file\)$/);
  });

  test('is one that has something else than members behind its end', async () => {
    for (const more of [Buffer.from('and more'), Buffer.concat([Buffer.alloc(600), member])]) {
      expect((await inflated(Buffer.concat([member, more]))).ending?.reason).toBe('broken_gzip');
    }
  });
});

test('members one after the other, and zeros behind them, are one stream', async () => {
  for (const compressed of [[member], [member, member], [member, Buffer.alloc(40_000)]]) {
    const { bytes, ending } = await inflated(Buffer.concat(compressed), 999);
    expect(ending).toBeUndefined();
    expect(bytes.length).toBe(trace.length * compressed.filter((each) => each === member).length);
  }
});

test('errors of the source are thrown as they are', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield member.subarray(0, 30_000);
    throw new Error('changed');
  }
  await expect(Array.fromAsync(gunzip(failing()).bytes)).rejects.toThrow('changed');
});

test('a line over and over, which compresses 350 times, is no bomb; zeros, which compress 1,030 times, are one', async () => {
  const outcome = async (unit: Buffer) => {
    const compressed = gzipSync(unit, { level: 9 });
    const times = Math.ceil((1.5 * MAX_ITEM_BYTES) / unit.length);
    const stream = gunzip(
      chunked(
        Array.from({ length: times }, () => compressed),
        65_536,
      ),
    );
    let bytes = 0;
    for await (const chunk of stream.bytes) bytes += chunk.length;
    return { bytes, reason: stream.ending()?.reason };
  };
  const line = Buffer.from('{"id":1,"question":"q","intermediate_steps":[]}\n'.repeat(100_000));
  expect(await outcome(line)).toMatchObject({ reason: undefined });
  const { bytes, reason } = await outcome(Buffer.alloc(8 * 2 ** 20));
  expect(reason).toBe('gzip_bomb');
  // As soon as more came out than one item may have, and no later than a piece of input after that.
  expect(bytes).toBeLessThan(MAX_ITEM_BYTES + 17 * 2 ** 20);
});

import { readFileSync } from 'node:fs';
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ContainerSpan, PinnedObject } from '../../../lib/sources/containers/container.ts';
import { valueReader } from '../../../lib/sources/containers/json-value.ts';
import { readZipEntry, readZipRecords, zip } from '../../../lib/sources/containers/zip.ts';
import { readZipDirectory } from '../../../lib/sources/containers/zip-directory.ts';
import { itemsOf, pinnedBytes, reasonsOf } from '../../support/pinned-bytes.ts';
import { archiveOf } from '../../support/zip-archive.ts';

const golden = (name: string) => readFileSync(new URL(`../../golden/containers/${name}`, import.meta.url));
const record = (id: number) => ({ id, text: `record ${id} ${'日本 '.repeat(40)}` });

const read = (object: PinnedObject, range = { start: 0, end: object.bytes }) =>
  Array.fromAsync(zip.read(object, range, valueReader));
const cutsOf = async (object: PinnedObject, every: number): Promise<number[]> =>
  typeof zip.cuts === 'function' ? Array.fromAsync(zip.cuts(object, every)) : [];

test.each(['stored', 'deflate', 'zstd', 'piped'])(
  'an archive of Python (%s) gives the records of its entries',
  async (kind) => {
    const spans = await read(pinnedBytes(golden(`${kind}.zip`), 100));
    const items = spans.flatMap((span) => ('item' in span ? [[span.entry, span.item]] : []));
    expect(items).toEqual([
      ['header.json', { task: 't' }],
      ['samples/0.json', record(0)],
      ['samples/2.json', record(2)],
      ['samples/1.json', record(9)],
      ['lines.jsonl', record(0)],
      ['lines.jsonl', record(1)],
      ['lines.jsonl', record(2)],
      ['array.json', record(0)],
      ['array.json', record(1)],
      ['array.json', record(2)],
      ['table.csv', { a: '1', b: '2' }],
      ['table.csv', { a: '3', b: '4' }],
    ]);
    expect(spans.filter((span) => 'rejected' in span)).toMatchObject([
      { entry: 'samples/1.json', rejected: { reason: 'replaced_by_later_entry' } },
    ]);
  },
);

test('offsets are those of the text of the entry', async () => {
  const archive = pinnedBytes(golden('deflate.zip'));
  const directory = await readZipDirectory(archive);
  if ('rejected' in directory) throw new Error(directory.rejected.detail);
  for (const entry of directory.entries) {
    if ('rejected' in entry || !/^(?:lines|array)/.test(entry.name)) continue;
    const whole = await readZipEntry(archive, entry);
    const spans = (await read(archive)).filter((span) => span.entry === entry.name);
    for (const [at, { offset, bytes }] of spans.entries()) {
      const text = 'text' in whole ? whole.text.subarray(offset, offset + bytes).toString() : '';
      expect(JSON.parse(text)).toEqual(record(at));
    }
  }
});

test('an entry of several zstd frames is read to its end', async () => {
  const spans = await read(pinnedBytes(golden('zstd-frames.zip')));
  expect(itemsOf(spans)).toEqual(Array.from({ length: 50 }, (_, id) => record(id)));
  expect(reasonsOf(spans)).toEqual([]);
});

test('only the entries that are wanted are read', async () => {
  const archive = pinnedBytes(golden('zstd.zip'));
  const samples = readZipRecords(archive, { start: 0, end: archive.bytes }, valueReader, (name) =>
    /^samples/.test(name),
  );
  expect(itemsOf(await Array.fromAsync(samples))).toEqual([record(0), record(2), record(9)]);
});

describe('slices', () => {
  test.each([1, 300, 700])('of about %i bytes are entries, and give together what the archive gives', async (every) => {
    const archive = pinnedBytes(golden('deflate.zip'));
    const cuts = await cutsOf(archive, every);
    const starts = [0, ...cuts];
    const slices = await Promise.all(
      starts.map((start, at) => read(archive, { start, end: starts[at + 1] ?? archive.bytes })),
    );
    expect(slices.flat()).toEqual(await read(archive));
    if (every === 1) expect(cuts).toHaveLength(7);
  });
});

describe('an entry that cannot be read is rejected by name, and its neighbours stay', () => {
  const good = { name: 'good.json' };
  test.each([
    ['that is encrypted', { flags: 1 }, 'encrypted', /decrypt it first/],
    ['of a method that nobody has', { method: 98, data: Buffer.from('x') }, 'unknown_compression', /method 98/],
    ['that leads out of the archive', { name: '../../etc/a.json' }, 'unsafe_entry_name', /"\.\."/],
    ['that leads to the root', { name: '/etc/a.json' }, 'unsafe_entry_name', /from the root/],
    ['with another checksum', { crc32: 1 }, 'broken_entry', /its checksum differs/],
    ['that is smaller than it says', { bytes: 100 }, 'broken_entry', /it is smaller/],
    ['that is larger than it says', { bytes: 3 }, 'broken_entry', /it is larger/],
    ['whose own header has another name', { localName: 'other.json' }, 'broken_entry', /another name/],
    ['whose own header has a longer name', { nameBytes: 60_000 }, 'archive_bomb', /overlap/],
    ['whose own header has a shorter name', { nameBytes: 3 }, 'broken_entry', /another name/],
    ['whose own header has more extra fields than there is room', { extraBytes: 65_535 }, 'archive_bomb', /overlap/],
    ['whose own header has more extra fields than it has', { extraBytes: 4 }, 'archive_bomb', /overlap/],
    ['whose data is no deflate', { data: Buffer.from('\xff\xff\xff', 'latin1') }, 'broken_entry', /invalid/],
    [
      'whose data ends early',
      { data: deflateRawSync(Buffer.from('{"a":1}')).subarray(0, 3) },
      'broken_entry',
      /unexpected end/,
    ],
    ['that says it is 3 GB of 9 bytes', { bytes: 3_000_000_000 }, 'archive_bomb', /more than 500 times/],
    ['that is an archive', { method: 0, text: archiveOf([{}]) }, 'nested_container', /another container \(zip\)/],
    ['that is compressed', { method: 0, text: gzipSync('{"a":1}') }, 'nested_container', /\(gzip\)/],
    ['that holds no records', { text: Buffer.from('Read me first.\n') }, 'unknown_container', /source\.container/],
  ] as const)('one %s', async (_, entry, reason, detail) => {
    const spans = await read(pinnedBytes(archiveOf([{ name: 'bad.json', ...entry }, good])));
    const rejected = spans.filter((span) => 'rejected' in span);
    expect(rejected).toMatchObject([
      {
        entry: 'name' in entry ? entry.name : 'bad.json',
        rejected: { reason, detail: expect.stringMatching(detail) },
      },
    ]);
    expect(itemsOf(spans)).toEqual([{ a: 1 }]);
    expect(spans.at(-1)).toMatchObject({ entry: 'good.json' });
  });

  test('those that share their bytes, too', async () => {
    const spans = await read(
      pinnedBytes(archiveOf([{ name: 'a' }, { name: 'b', offset: 0 }, { name: 'c', offset: 5 }])),
    );
    expect(reasonsOf(spans)).toEqual(['archive_bomb', 'archive_bomb', 'broken_entry']);
  });

  test('one that holds more than it says, before it is inflated', async () => {
    const zeros = deflateRawSync(Buffer.alloc(50_000_000));
    const spans = await read(pinnedBytes(archiveOf([{ name: 'zeros.json', data: zeros, bytes: 10 }, good])));
    expect(reasonsOf(spans)).toEqual(['broken_entry']);
    const zstd = zstdCompressSync(Buffer.alloc(50_000_000));
    expect(
      reasonsOf(await read(pinnedBytes(archiveOf([{ name: 'zeros', method: 93, data: zstd, bytes: 10 }])))),
    ).toEqual(['broken_entry']);
  });
});

test('an entry larger than a record is read as it is inflated, and its damage is told behind its records', async () => {
  const lines = Buffer.from(`${JSON.stringify({ text: 'a line of some bytes '.repeat(120) })}\n`.repeat(27_000));
  const archive = archiveOf([{ name: 'lines.jsonl', text: lines, method: 0, crc32: 1 }]);
  let records = 0;
  let last: ContainerSpan<unknown> | undefined;
  for await (const span of zip.read(pinnedBytes(archive), { start: 0, end: archive.length }, valueReader)) {
    if ('item' in span) records++;
    last = span;
  }
  expect(records).toBe(27_000);
  expect(last).toMatchObject({ offset: lines.length, rejected: { reason: 'broken_entry' } });
});

describe('an archive that cannot be read', () => {
  const whole = golden('zstd.zip');

  test('without its directory, as a killed writer leaves it, is rejected whole', async () => {
    for (const bytes of [4, 300, whole.length - 30]) {
      const spans = await read(pinnedBytes(whole.subarray(0, bytes)));
      expect(spans).toMatchObject([{ offset: 0, bytes, rejected: { reason: 'broken_archive' } }]);
    }
  });

  test('says so instead of throwing, whatever its bytes are', async () => {
    const kinds = ['stored', 'deflate', 'zstd', 'piped', 'zstd-frames'].map((kind) => golden(`${kind}.zip`));
    const change = fc.record({ kind: fc.nat(4), place: fc.noBias(fc.nat(9_999)), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(change, fc.integer({ min: 1, max: 500 }), async ({ kind, place, byte }, chunkBytes) => {
        const hurt = Buffer.from(kinds[kind] ?? '');
        hurt[Math.floor((place / 10_000) * hurt.length)] = byte;
        expect(await read(pinnedBytes(hurt, chunkBytes))).toEqual(await read(pinnedBytes(hurt)));
      }),
      { numRuns: 200 },
    );
  });

  test('because the store fails is the error of the store', async () => {
    async function* open(): AsyncGenerator<Uint8Array> {
      yield whole.subarray(0, 10);
      throw new Error('changed');
    }
    await expect(read({ key: 'object', bytes: whole.length, open })).rejects.toThrow('changed');
  });
});

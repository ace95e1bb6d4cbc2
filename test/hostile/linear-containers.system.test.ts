import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { ContainerName } from '../../lib/contract/container-name.ts';
import { CONTAINERS } from '../../lib/sources/containers/containers.ts';
import { runSource } from '../sources/run-source.ts';
import { memoryStore } from '../support/memory-store.ts';
import {
  DELTA_BINARY,
  dataPage,
  type HandmadeColumn,
  INT64,
  parquetBytes,
  sized,
  withFooter,
} from '../support/parquet-bytes.ts';
import { archiveOf } from '../support/zip-archive.ts';

/** Objects of so many bytes that cost their readers most. */
const CONTAINED: readonly (readonly [what: string, container: ContainerName, bytes: (length: number) => Buffer])[] = [
  ['columns of a CSV header', 'csv', (length) => text(`${many(length, 8, (at) => `c${digits(at)}`).join(',')}\n`)],
  ['rows of CSV', 'csv', (length) => text(`a,b\n${'1,2\n'.repeat(length / 4)}`)],
  ['cells in a row of CSV', 'csv', (length) => text(`a,b\n${'1,'.repeat(length / 2)}`)],
  ['a cell of CSV that never closes', 'csv', (length) => text(`a,b\n1,"${'x\n'.repeat(length / 2)}`)],
  ['doubled quotes in a cell of CSV', 'csv', (length) => text(`a,b\n1,"${'""'.repeat(length / 2)}`)],
  ['quotes that open at the end of a row', 'csv', (length) => text(`a,b\n${'1,"\n'.repeat(length / 4)}`)],
  ['empty frames of zstd', 'zstd', (length) => repeated(EMPTY_FRAME, length)],
  ['empty blocks of zstd', 'zstd', (length) => Buffer.concat([FRAME_OF_BLOCKS, Buffer.alloc(length)])],
  ['skippable frames of zstd', 'zstd', (length) => repeated(SKIPPABLE_FRAME, length)],
  ['zeros behind a frame of zstd', 'zstd', (length) => Buffer.concat([EMPTY_FRAME, Buffer.alloc(length)])],
  // More than 65,535 entries would need another form of directory.
  [
    'entries of a zip archive',
    'zip',
    (length) => archiveOf(many(length, 60, (at) => ({ name: digits(at), method: 0 }))),
  ],
];

/** Parquet: a footer of a megabyte takes some time to make, so these are smaller. */
const TABLES: readonly (readonly [what: string, bytes: (length: number) => Buffer])[] = [
  ['columns', (length) => parquetBytes(many(length, 130, (at) => tableColumn([`c${at}`])))],
  ['row groups', (length) => parquetBytes([tableColumn(['a'])], { groups: Math.floor(length / 130) })],
  ['fields of structs', (length) => parquetBytes(many(length, 130 * 50, (at) => tableStruct(`c${at}`, 50)).flat())],
  [
    'pages',
    (length) =>
      parquetBytes([{ path: ['a'], pages: [repeated(PAGE, length)] }], { rows: Math.floor(length / PAGE.length) }),
  ],
  [
    'compressed pages',
    (length) =>
      parquetBytes([{ path: ['a'], codec: 6, pages: [repeated(ZSTD_PAGE, length)] }], {
        rows: Math.floor(length / ZSTD_PAGE.length),
      }),
  ],
  ['the digits of a number in the footer', (length) => withFooter([Buffer.from('PAR1')], digitsOf(length))],
  [
    'the digits of a delta',
    (length) =>
      parquetBytes([
        {
          path: ['a'],
          type: INT64,
          pages: [dataPage({ values: 9, encoding: DELTA_BINARY, content: digitsOf(length) })],
        },
      ]),
  ],
];
const CELL = sized(Buffer.from('x'));
const PAGE = dataPage({ values: 1, content: CELL });
const ZSTD_PAGE = dataPage({ values: 1, content: zstdCompressSync(CELL), bytes: CELL.length });
const tableColumn = (path: readonly string[], schema?: readonly object[]): HandmadeColumn => ({
  ...{ path, pages: [PAGE] },
  ...(schema && { schema }),
});
/** The first of its columns brings the schema of all of them. */
const tableStruct = (name: string, fields: number): HandmadeColumn[] => {
  const leaves = many(fields, 1, (at) => ({ field_1: 6, field_3: 0, field_4: `f${at}` }));
  const schema = [{ field_3: 0, field_4: name, field_5: fields }, ...leaves];
  return leaves.map(({ field_4 }, at) => tableColumn([name, field_4], at === 0 ? schema : []));
};
const digitsOf = (length: number): Buffer => Buffer.concat([Buffer.from([0x16]), Buffer.alloc(length, 0xff)]);

/** Records of so many bytes, and the settings of the run that reads them. */
const RECORDS: readonly (readonly [what: string, records: (length: number) => readonly object[], settings: object])[] =
  [
    ['records', (length) => many(length, 50, (at) => ({ prompt: 'p', response: `r ${at}`, score: at })), {}],
    ['keys of a record', (length) => [Object.fromEntries(many(length, 16, (at) => [`k ${digits(at)}`, at]))], {}],
    ['answers to a long prompt', (length) => [answered(length, 'p'.repeat(length / 2))], {}],
    [
      'answers to many messages',
      (length) => [
        answered(
          length,
          many(length / 2, 30, () => ({ role: 'user', content: 'x' })),
        ),
      ],
      {},
    ],
    [
      'messages of rollouts that part at their ends',
      (length) => rollouts(length, say),
      { builder: { unit: 'divergence' } },
    ],
    [
      'calls of rollouts that part at their ends',
      (length) => rollouts(length, call),
      { builder: { unit: 'divergence' } },
    ],
  ];

const text = (characters: string): Buffer => Buffer.from(characters);
const many = <Made>(length: number, each: number, make: (at: number) => Made): Made[] =>
  Array.from({ length: length / each }, (_, at) => make(at));
const digits = (at: number): string => String(at).padStart(6, '0');
const repeated = (unit: Buffer, length: number): Buffer => Buffer.concat(many(length, unit.length, () => unit));
const EMPTY_FRAME = zstdCompressSync('');
const SKIPPABLE_FRAME = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
/** A frame's header: a window of 2 MiB and no size. */
const FRAME_OF_BLOCKS = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]);

const answered = (length: number, prompt: unknown) => ({
  prompt,
  responses: many(length / 2, 25, (at) => `answer ${at}`),
  rewards: many(length / 2, 25, (at) => at),
});

const say = () => ({ role: 'assistant', content: 'x' });
const call = (at: number) => ({
  role: 'assistant',
  content: '',
  tool_calls: [{ id: `call ${at}`, type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
});
const rollouts = (length: number, message: (at: number) => object) =>
  [0, 1].map((reward) => ({
    example_id: 1,
    prompt: [{ role: 'user', content: 'p' }],
    completion: [...many(length / 2, 120, message), { role: 'assistant', content: `end ${reward}` }],
    reward,
  }));

/** Quadratic work takes four times as long. */
const MOST_TIMES = 3.2;
/** Milliseconds. Shorter times count as this: a collection of garbage would double them. */
const LEAST = 50;

test.each(CONTAINED)('two megabytes of %s take twice as long as one', async (_, container, bytes) => {
  await requireLinear(async (length) => {
    const object = bytes(length);
    return () => readAll(container, object);
  });
});

test.each(TABLES)('twice as many of %s in Parquet take twice as long', async (_, bytes) => {
  await requireLinear(
    async (length) => {
      const object = bytes(length);
      return () => readAll('parquet', object);
    },
    [50_000, 300_000, 600_000],
  );
});

test.each(RECORDS)('a run over two megabytes of %s takes twice as long as over one', async (_, records, settings) => {
  await requireLinear(async (length) => {
    const traces = memoryStore('traces');
    traces.objects.set(
      'a.jsonl',
      text(
        records(length)
          .map((record) => `${JSON.stringify(record)}\n`)
          .join(''),
      ),
    );
    // Some are refused by a name.
    return () => runSource(traces, settings).catch(() => undefined);
  });
});

async function requireLinear(
  prepare: (length: number) => Promise<() => Promise<unknown>>,
  [few, once, twice] = [100_000, 1_000_000, 2_000_000],
): Promise<void> {
  await (await prepare(few))();
  const one = await best(await prepare(once));
  const two = await best(await prepare(twice));
  expect(two / Math.max(one, LEAST), `${one} ms, then ${two} ms`).toBeLessThan(MOST_TIMES);
}

/** Milliseconds that the faster of two takes of this thread: the machine may be busy with something else. */
async function best(work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 2; attempt++) {
    const begun = process.threadCpuUsage();
    await work();
    least = Math.min(least, process.threadCpuUsage(begun).user / 1_000);
  }
  return least;
}

/** Read in chunks, as a store gives them. */
async function readAll(container: ContainerName, bytes: Buffer): Promise<void> {
  async function* open(start: number, end = bytes.length): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += 16_384) yield Buffer.from(bytes.subarray(at, Math.min(at + 16_384, end)));
  }
  const reader = { fromJson: () => ({ item: 1 }), fromValue: () => ({ item: 1 }) };
  const object = { key: 'k', bytes: bytes.length, open };
  for await (const _ of CONTAINERS[container].read(object, { start: 0, end: bytes.length }, reader));
}

import { expect, test } from 'vitest';
import type { ContainerName } from '../../lib/contract/container-name.ts';
import { CONTAINERS } from '../../lib/sources/containers/containers.ts';
import { runSource } from '../sources/run-source.ts';
import { memoryStore } from '../support/memory-store.ts';

/** Objects of so many bytes that cost their readers most. */
const CONTAINED: readonly (readonly [what: string, container: ContainerName, bytes: (length: number) => Buffer])[] = [
  ['columns of a CSV header', 'csv', (length) => text(`${many(length, 8, (at) => `c${digits(at)}`).join(',')}\n`)],
];

/** Records of so many bytes, and the settings of the run that reads them. */
const RECORDS: readonly (readonly [what: string, records: (length: number) => readonly object[], settings: object])[] =
  [
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
  ];

const text = (characters: string): Buffer => Buffer.from(characters);
const many = <Made>(length: number, each: number, make: (at: number) => Made): Made[] =>
  Array.from({ length: length / each }, (_, at) => make(at));
const digits = (at: number): string => String(at).padStart(6, '0');
const answered = (length: number, prompt: unknown) => ({
  prompt,
  responses: many(length / 2, 25, (at) => `answer ${at}`),
  rewards: many(length / 2, 25, (at) => at),
});

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

async function requireLinear(prepare: (length: number) => Promise<() => Promise<unknown>>): Promise<void> {
  await (await prepare(100_000))();
  const one = await best(await prepare(1_000_000));
  const two = await best(await prepare(2_000_000));
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

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inspect } from '../../../lib/sources/formats/inspect/inspect.ts';
import type { SourceCandidate } from '../../../lib/sources/source-candidate.ts';
import { expectSample, golden, readAll, readExpected } from './expected.ts';
import { joinRecords, parse, zipEntries } from './read-entries.ts';

const byId = (_record: number, _answer: number, { id }: SourceCandidate) => id ?? '';
const joined = (path: string) => joinRecords(inspect, zipEntries(golden(path)));

test('a log of one document gives exactly the right pairs', () => {
  const log = parse(readFileSync(golden('inspect/react.json'), 'utf8'));
  expect(inspect.detect({ records: [log] })).toBe('sure');
  const { named, rejected } = readAll(inspect, [{ record: log }], byId);
  expect(rejected).toEqual([]);
  expectSample(named, readExpected('inspect/react.json'));
});

test.each(['inspect/zstd.eval', 'inspect/odd.eval', 'inspect/odd-chunked.eval'])(
  'the archive %s gives exactly the right pairs, each sample read with the header',
  (path) => {
    const records = joined(path);
    expect(inspect.detect({ records })).toBe('sure');
    const { named, rejected } = readAll(
      inspect,
      records.map((record) => ({ record })),
      byId,
    );
    expect(rejected).toEqual([]);
    expectSample(named, readExpected(path));
  },
);

test('a document is the same in elements of its list', () => {
  const { samples, ...document } = Object(parse(readFileSync(golden('inspect/react.json'), 'utf8')));
  const [whole] = [inspect.read({ ...document, samples })];
  const one = samples.map((element: unknown) => Object(inspect.read({ document, samples: element })).candidates[0]);
  expect(inspect.listKey).toBe('samples');
  expect(one).toEqual(Object(whole).candidates.map(({ at: _, ...candidate }: SourceCandidate) => candidate));
});

describe('entries of an archive', () => {
  test('a log that was cut short has its header in the journal', () => {
    const names = ['_journal/start.json', 'samples/1_epoch_1.json', '_journal/summaries/1.json'];
    expect(inspect.joinEntries?.(names)).toEqual([
      { place: 'samples/1_epoch_1.json', entries: { header: '_journal/start.json', sample: 'samples/1_epoch_1.json' } },
    ]);
  });

  test('ids may have slashes and line ends, and look like folders', () => {
    const names = [
      'header.json',
      'samples/a/b_epoch_1.json',
      'samples/x\ny_epoch_12.json',
      'samples/a_epoch_1/c_epoch_2.json',
    ];
    expect(inspect.joinEntries?.(names)?.map(({ place }) => place)).toEqual(names.slice(1));
  });

  test('chunks of a sample come in the order of their numbers', () => {
    const chunks = [0, 1000, 2000, 10_000].map((start) => `samples/1_epoch_1/messages/${start}.json`);
    const names = [
      'header.json',
      'samples/1_epoch_1/sample.json',
      ...chunks.toReversed(),
      'samples/1_epoch_1/events/stats.json',
    ];
    expect(inspect.joinEntries?.(names)).toMatchObject([
      { entries: { sample: names[1], messages: chunks, events: [] } },
    ]);
  });

  test('an archive without a header is no log', () => {
    expect(inspect.joinEntries?.(['samples/1_epoch_1.json', 'data.json'])).toEqual([]);
  });
});

describe('a sample', () => {
  const assistant = { id: 'm2', role: 'assistant', source: 'generate', content: '14' };
  const read = (sample: object): SourceCandidate => {
    const reading = inspect.read({
      header: { eval: { task: 'store', model: 'mock' } },
      sample: { id: 1, epoch: 2, messages: [{ role: 'user', content: 'How many?' }, assistant], scores: {}, ...sample },
    });
    return Object(reading).candidates[0];
  };

  test('is in the group of its task and id, and named by id and epoch', () => {
    expect(read({})).toMatchObject({
      group: 'store|1',
      id: '1#2',
      index: 2,
      loss: undefined,
      metadata: { model: 'mock' },
    });
    expect(read({ id: 'a|b' }).group).toBe('store|a\\|b');
  });

  test.each([
    ['C', 1],
    ['P', 0.5],
    ['I', 0],
    ['N', 0],
    [true, 1],
    ['Yes', 1],
    ['FALSE', 0],
    ['0.25', 0.25],
    [-3, -3],
  ])('the value %j is the score %d', (value, score) => {
    expect(read({ scores: { match: { value } } }).scores).toEqual({ match: { value: score } });
  });

  test.each([
    [null, 'unscored'],
    [Number.POSITIVE_INFINITY, 'unscored'],
    ['c', 'invalid_score'],
    ['good', 'invalid_score'],
    [[1, 2], 'invalid_score'],
    [undefined, 'invalid_score'],
  ])('the value %j is no score', (value, reason) => {
    expect(read({ scores: { match: { value } } }).scores).toEqual({
      match: { loss: { reason, detail: expect.any(String) } },
    });
  });

  test('an error is a loss, whatever it scored; one that a retry mended is none', () => {
    expect(read({ error: { message: 'down' }, scores: { match: { value: 'C' } } }).loss?.reason).toBe('error');
    expect(read({ error: null, error_retries: [{ message: 'down' }] }).loss).toBeUndefined();
    expect(read({ invalidation: { author: 'me' } }).loss?.reason).toBe('invalidated');
  });

  test('logs from before messages had a source: the first of the assistant is the model’s', () => {
    const old = [
      { role: 'user', content: 'How many?' },
      { role: 'assistant', content: '14' },
    ];
    expect(read({ messages: old }).conversation).toMatchObject({ prompt: [old[0]], trajectory: [old[1]] });
  });

  test('reasoning goes apart, of a redacted one the summary; an image keeps its parts', () => {
    const content = [
      { type: 'reasoning', reasoning: 'gAAAA', redacted: true, summary: 'Hm.' },
      { type: 'text', text: 'See' },
      { type: 'image', image: 'attachment://0', detail: 'auto' },
    ];
    const { conversation } = read({
      messages: [{ ...assistant, content }],
      attachments: { 0: 'data:image/png;base64,AA' },
    });
    expect(conversation).toMatchObject({
      trajectory: [
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'See' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } },
          ],
          reasoning_content: 'Hm.',
        },
      ],
    });
  });

  test('tools are those of the calls that made its messages, by name', () => {
    const model = (id: string, ...names: string[]) => ({
      event: 'model',
      tools: names.map((name) => ({ name, description: `attachment://${name}` })),
      output: { choices: [{ message: { id } }] },
    });
    const events = [model('other', 'grade'), model('m2', 'stock', 'submit'), model('m2', 'submit', 'later')];
    const { tools } = read({ events, attachments: { stock: 'How many pieces.' } });
    expect(tools).toMatchObject([
      { function: { name: 'stock', description: 'How many pieces.' } },
      { function: { name: 'submit' } },
      { function: { name: 'later' } },
    ]);
  });
});

test.each([
  ['rollouts', { prompt: 'a', completion: 'b', reward: 1 }],
  ['a header alone', { eval: { task: 'store' }, status: 'success' }],
  ['samples of another product', { samples: [], eval: {} }],
  ['text', 'eval'],
])('%s is no log', (_, record) => {
  expect(inspect.detect({ records: [record] })).toBe('no');
});

test('a record without a header is rejected by name', () => {
  expect(inspect.read({ id: 1, epoch: 1 })).toEqual({ rejected: { reason: 'not_a_log', detail: expect.any(String) } });
});

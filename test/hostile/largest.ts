import { gzipSync } from 'node:zlib';
import { MAX_VALUES } from '../../lib/sources/value-cap.ts';
import type { Parts } from './made-objects.ts';

/** The largest and the worst that a trace object can hold, each beside one or two good items. */
export const LARGEST: Readonly<Record<string, () => Parts>> = {
  'one line of 1 GiB': () =>
    lineOf([
      ['{"id":1,"x":"', 1],
      ['a', GiB],
      ['"}', 1],
    ]),
  'an array element of 128 MiB that never closes': () =>
    text([
      [`[\n  ${GOOD},\n  {"id":1,"x":[`, 1],
      ['[1,"a"],', 16 * MiB],
    ]),
  'ten gigabytes in ten megabytes of gzip': () => [
    [gzipSync(`${GOOD}\n`), 1],
    [gzipSync(Buffer.alloc(16 * MiB)), 640],
  ],
  'an item of 63 MiB of brackets': () =>
    lineOf([
      ['{"id":1,"x":', 1],
      ['[', 63 * MiB],
    ]),
  'an item of 63 MiB of empty objects': () =>
    lineOf([
      ['{"id":1.0,"x":[', 1],
      ['{},', 21 * MiB],
      ['0]}', 1],
    ]),
  'a candidate whose metadata is 63 MiB of empty lists': () =>
    lineOf([
      ['{"id":1,"intermediate_steps":[{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move","metadata":[', 1],
      ['[],', 21 * MiB],
      ['0]}}]}', 1],
    ]),
  'a candidate line of 63 MiB of empty lists': () =>
    lineOf([
      ['{"example_id":1,"turn_id":"t","score":1,"response":[', 1],
      ['[],', 21 * MiB],
      ['0]}', 1],
    ]),
  'as many values as an item may have, each parsed exactly': () =>
    lineOf([
      [`{"id":${LONG},"x":[`, 1],
      ['{},', MAX_VALUES / 2 - 10],
      ['0]}', 1],
    ]),
  'as many numbers as an item may have, each parsed exactly': () =>
    lineOf([
      [`{"id":${LONG},"x":[`, 1],
      ['1.5,', MAX_VALUES - 10],
      ['0]}', 1],
    ]),
  'as many names as an item may have, each parsed exactly': () => [
    ...lineOf([[`{"id":${LONG}`, 1]]).slice(0, -1),
    ...Array.from({ length: (MAX_VALUES - 10) / 10_000 }, (_, thousand) => [names(thousand), 1] as const),
    ...text([[`}\n${GOOD}\n`, 1]]),
  ],
  'as many names as an item may have, each parsed exactly, and a NaN': () => [
    ...lineOf([[`{"id":${LONG}`, 1]]).slice(0, -1),
    ...Array.from({ length: (MAX_VALUES - 10) / 10_000 }, (_, thousand) => [names(thousand), 1] as const),
    ...text([[`,"x":NaN}\n${GOOD}\n`, 1]]),
  ],
  'as many NaN as an item may have, each parsed exactly': () =>
    lineOf([
      [`{"id":${LONG},"x":[`, 1],
      ['NaN,', MAX_VALUES - 10],
      ['0]}', 1],
    ]),
  'a text of 60 MiB beside a NaN, in an item that is parsed whole': () =>
    lineOf([
      ['{"id":1.0,"x":"', 1],
      ['漢', 20 * MiB],
      ['","y":NaN}', 1],
    ]),
  'a text of 60 MiB in an item that is parsed whole': () =>
    lineOf([
      ['{"id":1.0,"x":"', 1],
      ['a', 60 * MiB],
      ['"}', 1],
    ]),
  'a text of 60 MiB in an item that is broken': () =>
    lineOf([
      ['{"id":1,"x":"', 1],
      ['\\n', 30 * MiB],
      ['",}', 1],
    ]),
  'an answer of 60 MiB of white space': () =>
    lineOf([
      [answer, 1],
      [' ', 60 * MiB],
      ['"}}}]}', 1],
    ]),
  'an answer of 10 million escapes': () =>
    lineOf([
      [answer, 1],
      ['\\u0041', 10_000_000],
      ['"}}}]}', 1],
    ]),
  'an id of 60 million digits': () =>
    lineOf([
      ['{"id":1', 1],
      ['0', 60 * MiB],
      ['}', 1],
    ]),
  'a million steps that are refused as candidates': () =>
    lineOf([
      ['{"id":1,"intermediate_steps":[', 1],
      [`${REFUSED},`, 900_000],
      [`${REFUSED}]}`, 1],
    ]),
  'almost as many pairs as a turn may have, with short answers': () => turns([650]),
  'as many bytes of pairs as an example may have': () => turns([100, 100], 'x'.repeat(12_000)),
  'a turn of 400,000 candidates': () => turns([400_000]),
  'a turn of 400,000 candidates, of which the widest pairs are kept': () => turns([400_000]),
  'two million items of nine bytes': () =>
    text([
      ['{"id":1}\n', 2_000_000],
      [`${GOOD}\n`, 1],
    ]),
};

/** Those that are built by other settings than the defaults. */
export const SETTINGS: Readonly<Record<string, object>> = {
  'a turn of 400,000 candidates, of which the widest pairs are kept': { builder: { max_pairs_per_turn: 200_000 } },
};

const MiB = 2 ** 20;
const GiB = 2 ** 30;
/** More digits than a double holds: every number of the item has to be looked at. */
const LONG = '12345678901234567890';
const answer =
  '{"id":1,"intermediate_steps":[{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move","data":{"turn_id":"t","score":1,"input":"p","output":"';
const REFUSED = '{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move"}}';
const candidate = (score: number, turn = 0, answer = 'a'): string =>
  `{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move","data":{"turn_id":"${turn}","score":${score},"input":"p","output":"${answer}${score}"}}}`;

/** A trace item with one pair. */
const GOOD = `{"id":"good","intermediate_steps":[${candidate(1)},${candidate(2)}]}`;

/** An item of turns with so many candidates each. */
const turns = (sizes: readonly number[], answer?: string): Parts => {
  const steps = sizes.flatMap((size, turn) =>
    Array.from({ length: size }, (_, score) => Buffer.from(`${candidate(score, turn, answer)},`)),
  );
  return [
    ...lineOf([]).slice(0, 1),
    ...text([['{"id":1,"intermediate_steps":[', 1]]),
    [Buffer.concat(steps), 1],
    ...text([[`{}]}\n${GOOD}\n`, 1]]),
  ];
};

const text = (parts: readonly (readonly [string, number])[]): Parts =>
  parts.map(([unit, times]) => [Buffer.from(unit), Math.floor(times)]);
const lineOf = (parts: readonly (readonly [string, number])[]): Parts =>
  text([[`${GOOD}\n`, 1], ...parts, [`\n${GOOD}\n`, 1]]);
const names = (thousand: number): Buffer =>
  Buffer.from(Array.from({ length: 10_000 }, (_, at) => `,"${(thousand * 10_000 + at).toString(36)}":0`).join(''));

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candidate } from '../../../../lib/preferences/candidate.ts';
import { traceItemReader } from '../../../../lib/sources/formats/nat/fast-item.ts';
import { asTraceItem } from '../../../../lib/sources/formats/nat/nat-item.ts';
import { natNames } from '../../../../lib/sources/formats/nat/nat-names.ts';
import { readTraceItem } from '../../../../lib/sources/formats/nat/trace-item.ts';
import { isObject, type JsonObject } from '../../../../lib/sources/json/exact-json.ts';
import { traceItems } from '../../../support/trace-arbitraries.ts';

const NAMES = natNames('dpo_candidate_move');

/** What is known of an item: of payloads what preferences are made of, of the function what it says. */
function known(read: ReturnType<ReturnType<typeof traceItemReader>>) {
  if ('rejected' in read) return read;
  const { id, payloads, describe } = read.item;
  const item = asTraceItem(read.item);
  return {
    id,
    payloads: JSON.stringify(payloads.map(ofPreferences)),
    candidates: ['strict' as const, 'nat' as const].map((compatibility) => {
      const { candidates, rejected } = item.read(compatibility);
      return { candidates: candidates.map(dataOf), rejected };
    }),
    description: payloads.length === 0 ? describe() : undefined,
  };
}
/** A candidate with its texts as they are written, as values, and as what they are compared by. */
const dataOf = ({ prompt, response, ...plain }: Candidate) => ({
  ...plain,
  prompt: [prompt.json, prompt.value(), prompt.digest(), prompt.lastMessage()],
  response: [response.json, response.value(), response.digest()],
});
const ofPreferences = ({ UUID, metadata, data }: JsonObject): object => {
  if (!isObject(data)) return { UUID, metadata, data };
  const { turn_id, turn_index, candidate_index, score, input, output } = data;
  return { UUID, metadata, data: { turn_id, turn_index, candidate_index, score, input, output } };
};
function alike(bytes: Buffer, names = NAMES): void {
  expect(known(traceItemReader(names)(bytes))).toEqual(known(readTraceItem(bytes, names)));
}

const golden: unknown[] = JSON.parse(
  readFileSync(new URL('../../../golden/nat/workflow_output.json', import.meta.url), 'utf8'),
);
const items = fc.oneof(
  { weight: 3, arbitrary: traceItems.filter((some) => some.length > 0).map(([first]) => first) },
  { weight: 1, arbitrary: fc.constantFrom(...golden) },
);
const written = fc
  .tuple(items, fc.constantFrom(undefined, 1, 2, '\t'))
  .map(([item, indent]) => Buffer.from(JSON.stringify(item, null, indent)));
/** What a trace can be hurt by: bytes changed, dropped, doubled, or replaced by something that means something. */
const hurt = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  drop: fc.nat(3),
  put: fc.oneof(
    fc.constantFrom(
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '1.0',
      '1e5',
      'NaN',
      '-Infinity',
      '\\u0054',
      '\\ud800',
      '12345678901234567890',
    ),
    fc.constantFrom(
      '"id":2,',
      '"id":"x\\n",',
      '"\\u0069d":3.0,',
      '"intermediate_steps":[],',
      '"name":"other",',
      '"__proto__":1,',
      '"score":NaN,',
    ),
    fc.uint8Array({ maxLength: 2 }).map((bytes) => Buffer.from(bytes)),
  ),
});

test('reads what the reference reads', () => {
  fc.assert(
    fc.property(written, (bytes) => alike(bytes)),
    { numRuns: 500 },
  );
});

test('reads and refuses what the reference does, however the bytes are hurt', () => {
  fc.assert(
    fc.property(written, fc.array(hurt, { minLength: 1, maxLength: 3 }), (bytes, wounds) => {
      let hurtBytes = bytes;
      for (const { at, drop, put } of wounds) {
        const place = Math.floor(at * hurtBytes.length);
        hurtBytes = Buffer.concat([hurtBytes.subarray(0, place), Buffer.from(put), hurtBytes.subarray(place + drop)]);
      }
      alike(hurtBytes);
    }),
    { numRuns: 3000 },
  );
});

test.each([
  '{"id":1.0}',
  '{"id":-0}',
  '{"id":true}',
  '{"id":null}',
  '{"id":"\\u0061"}',
  '{"id":1,"id":2}',
  '{"\\u0069d":7}',
  '{"id":123456789012345678}',
  '[]',
  '7',
  '""',
  ' {"id":1}',
  '{"id":1}}',
  `{"id":1,"x":${'['.repeat(600)}${']'.repeat(600)}}`,
  '{"id":1,"intermediate_steps":[{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move","data":{"output":5.0}}}]}',
  '{"id":1,"x":"1234567890123456789","intermediate_steps":[{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move","metadata":{"a":5.0}}}]}',
  '{"id":1,"x":1234567890123456789,"intermediate_steps":[{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move","metadata":{"a":5.0}}}]}',
  '{"id":1,"intermediate_steps":[{"payload":{"event_type":"TTC_\\u0045ND","name":"dpo_candidate_mov\\u0065"}}]}',
  '{"id":1,"intermediate_steps":[{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move"},"payload":null}]}',
  '{"id":1,"intermediate_steps":[{"payload":{"event_type":"LLM_END","event_type":"TTC_END","name":"dpo_candidate_move"}}]}',
  '{"id":1,"x":NaN}',
  '{"id":NaN}',
  '{"id":1,"x":[Infinity,-Infinity,"NaN"],"y":-NaN}',
  '{"id":12345678901234567890,"x":NaN,"intermediate_steps":[{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move","metadata":{"score":NaN},"data":{"score":NaN,"output":NaN}}}]}',
  '{"id":1,"intermediate_steps":[{"payload":{"event_type":"TTC_END","name":"dpo_candidate_move","metadata":{"score":NaN},"data":{"turn_id":"t","score":-Infinity,"output":"a"}}}]}',
])('reads %s as the reference does', (text) => alike(Buffer.from(text)));

test.each([
  ['task_id', 'steps'],
  ['é', 'intermediate_steps'],
  ['question', 'intermediate_steps'],
  ['intermediate_steps', 'id'],
  ['id', 'id'],
  ['a"b', 'x'.repeat(40)],
  ['__proto__', 'toString'],
])('reads items by the keys %s and %s as the reference does', (id_key, trajectory_key) => {
  const names = natNames('dpo_candidate_move', { id_key, trajectory_key });
  const renamed = written.map((bytes) =>
    Buffer.from(
      bytes
        .toString()
        .replace(/"id"(: ?)/, (_, colon) => JSON.stringify(id_key) + colon)
        .replace(/"intermediate_steps"(: ?)/, (_, colon) => JSON.stringify(trajectory_key) + colon),
    ),
  );
  fc.assert(
    fc.property(fc.oneof(renamed, written), (bytes) => alike(bytes, names)),
    { numRuns: 200 },
  );
});

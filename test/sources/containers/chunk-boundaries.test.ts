import { describe, expect, test } from 'vitest';
import { natNames } from '../../../lib/sources/formats/nat/nat-names.ts';
import { readTraceItems } from '../../../lib/sources/read-trace-items.ts';
import { randomOf } from '../../support/scheduled-store.ts';
import { forms } from '../../support/trace-arbitraries.ts';
import { mutate } from '../formats/nat/scan-reference.ts';

const step = (turn: number, score: number, output: string) => ({
  payload: {
    event_type: 'TTC_END',
    name: 'dpo_candidate_move',
    UUID: `u${score}`,
    metadata: { 'ключ "\\': [1.5, -0, 1e3] },
    data: { turn_id: `t${turn}`, candidate_index: 0, score, input: [{ role: 'user', content: 'é\n🎲' }], output },
  },
});
/** Every kind of byte that a reader minds: escapes, brackets in text, two to four bytes a character, white space. */
const items = [
  { id: 1, intermediate_steps: [step(0, 0.5, 'a "quoted" \\ {[,]}'), step(0, 1, '日本 ] }, {')] },
  { id: 'ü\n', intermediate_steps: [{ payload: { event_type: 'LLM_END' } }, step(1, 2 ** 63, '')] },
  { id: 3.0, question: '\u2028', intermediate_steps: [] },
];
const candidateLines = Buffer.from(
  ['a', 'a', 'ы']
    .map(
      (example_id, score) =>
        `${JSON.stringify({ example_id, turn_id: 't', score, prompt: 'p', response: `${score}🎲` })}\n`,
    )
    .join(''),
);

/** All that a reader makes of the bytes, given in chunks that end at `cuts`. */
async function read(bytes: Buffer, cuts: readonly number[]): Promise<string> {
  const slice = { cut: null, start: 0, end: bytes.length, object_bytes: bytes.length };
  async function* open(): AsyncGenerator<Uint8Array> {
    for (const [at, end] of [...cuts, bytes.length].entries())
      yield Buffer.from(bytes.subarray(cuts[at - 1] ?? 0, end));
  }
  const told: unknown[] = [];
  for await (const span of readTraceItems(open, slice, natNames('dpo_candidate_move'))) {
    told.push('item' in span ? { ...span, item: { ...span.item, describe: span.item.describe() } } : span);
  }
  return JSON.stringify(told);
}

describe.each([
  ...Object.entries(forms).map(([form, write]) => [form, write(items)] as const),
  ['candidate lines', candidateLines] as const,
])('%s', (_, whole) => {
  test('is read alike wherever a chunk ends, whole and damaged', async () => {
    const next = randomOf(whole.length);
    const damaged = Array.from({ length: 6 }, () => mutate(whole, (below) => Math.floor(next() * below)));
    for (const bytes of [whole, ...damaged]) {
      const expected = await read(bytes, []);
      for (let cut = 1; cut < bytes.length; cut++) expect(await read(bytes, [cut])).toBe(expected);
      expect(
        await read(
          bytes,
          Array.from({ length: bytes.length - 1 }, (_, at) => at + 1),
        ),
      ).toBe(expected);
    }
  });
});

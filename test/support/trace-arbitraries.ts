import { gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** Traces as an agent could have left them, small, with every coincidence likely: repeated ids, shared turns, ties. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'é "quoted" \\ {[,]}', '日本\n🎲', '') },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 300 }) },
);
const prompt = fc.oneof(
  fc.constantFrom('p', 'q'),
  fc.array(fc.record({ role: fc.constantFrom('system', 'user'), content: text }), { maxLength: 2 }),
);
const candidate = fc.record({
  payload: fc.record({
    event_type: fc.constantFrom('TTC_END', 'TTC_END', 'TTC_END', 'LLM_END'),
    name: fc.constantFrom('dpo_candidate_move', 'dpo_candidate_move', 'another'),
    UUID: fc.uuid(),
    metadata: fc.oneof(fc.constant(null), fc.record({ move: fc.integer(), deep: fc.constant([[{}]]) })),
    data: fc.record({
      turn_id: fc.constantFrom('turn 0', 'turn 1', 'turn 2', null),
      candidate_index: fc.nat(5),
      score: fc.oneof(
        fc.constantFrom(0, 0.1, 0.3, 1, -1, null),
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -10, max: 10 }),
      ),
      input: prompt,
      output: fc.oneof(text, fc.constant(null)),
    }),
  }),
});
const id = fc.oneof(fc.constantFrom(1, '1', 2, 'x', 'y', true, 'z'), fc.nat(1000));

export const traceItems = fc.array(
  fc.record({ id, question: text, intermediate_steps: fc.array(candidate, { maxLength: 8 }) }),
  { maxLength: 12 },
);

/** Every way the same items can be written. */
export const forms = {
  'JSON lines': (items: readonly unknown[]) => Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join('')),
  'JSON lines with CRLF, blank lines and a byte order mark': (items: readonly unknown[]) =>
    Buffer.from(`\uFEFF${items.map((item) => `\r\n  ${JSON.stringify(item)} \r\n`).join('')}`),
  'a compact array': (items: readonly unknown[]) => Buffer.from(JSON.stringify(items)),
  "NAT's indented array": (items: readonly unknown[]) => Buffer.from(JSON.stringify(items, null, 2)),
  'gzipped JSON lines': (items: readonly unknown[]) =>
    gzipSync(items.map((item) => `${JSON.stringify(item)}\n`).join('')),
  'a gzipped array': (items: readonly unknown[]) => gzipSync(JSON.stringify(items, null, 1)),
} as const;

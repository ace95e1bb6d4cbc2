import fc from 'fast-check';

/*
 * Pieces of trace items as JSON text rather than as values: so that numbers can be longer than a double, keys come twice
 * or are `__proto__`, and a token can be no JSON at all.
 */

/** Text that tries to get out of wherever it stands: a path, a page, a line, a terminal, an object. */
export const HOSTILE_TEXTS = [
  '',
  '../../x',
  '/etc/passwd',
  'a/b\\c',
  '</script><script>window.hacked = 1</script>',
  'line\u2028paragraph\u2029next\u0085',
  'nul\0nul',
  'two\nlines\r\nand a tab\t',
  '\u001b]0;title\u0007\u001b[2J\u009b31m',
  'right\u202Eto\u202Cleft\u2066isolated\u2069',
  'lone \ud800 and \udc00 surrogates',
  '\uFEFFmark',
  '__proto__',
  'constructor',
  'toString',
  'NaN',
  'long '.repeat(200),
] as const;

const hostileText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'the answer', 'é 日本 🎲') },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  { weight: 1, arbitrary: fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)) },
);

/** Text as JSON; now and then every unit of it escaped, which JSON.stringify would not. */
const textToken = fc
  .tuple(hostileText, fc.nat(9))
  .map(([text, spelling]) => (spelling === 0 ? escaped(text) : JSON.stringify(text)));
const escaped = (text: string): string =>
  `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`;

const numberToken = fc.constantFrom(
  ...['0', '1', '-0', '-0.0', '0.5', '1.0', '1e0', '1e5', '1E-400', '5e-324', '0.1', '0.30000000000000004', '-1'],
  ...['9007199254740993', '12345678901234567890', '-99999999999999999999999999', '1e999', '-1e999', '1e16', '1e-7'],
  `0.${'1'.repeat(400)}`,
  // Python's json writes these, and reads them.
  ...['NaN', 'Infinity', '-Infinity'],
);

/** Past the largest double. */
const hugeInteger = fc.constant(`1${'0'.repeat(400)}`);

/** What some other writer might leave, none of it JSON. */
const brokenToken = fc.constantFrom('-NaN', 'undefined', '01', '.5', '+1', '1.', "'a'", '"\\x"', '"\n"', '');

const messages = fc.constantFrom(
  '[]',
  '[{"role":"user","content":"p"}]',
  '[{"content":"p","role":"user","name":"n"}]',
  '[{"role":"assistant","content":null,"tool_calls":[{"id":"c","function":{"arguments":"{}"}}]}]',
  '[{"role":"user","content":[{"type":"text","text":"p"}]}]',
  '[{"role":"user","content":"p"},{"role":7}]',
  '{"role":"assistant","content":"answer"}',
  '{"role":"assistant","content":""}',
);

const oddToken = fc.oneof(
  fc.constantFrom('null', 'true', 'false', '{}', '[[]]', '{"a":{}}', '"true"', '"1_0"', '" 0.5 "', '"inf"', '"-0"'),
  fc.constantFrom('{"__proto__":{"x":1}}', '{"constructor":{"prototype":{"x":1}}}', '{"a":1,"a":2}', '{"toJSON":1}'),
  fc.constantFrom(...[100, 505, 511, 512, 600].map((levels) => '['.repeat(levels) + ']'.repeat(levels))),
  fc.json({ maxDepth: 3 }),
);

/** Nearly always of the kind that belongs there: else hardly a turn would have a pair. */
const token = (usual: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 60, arbitrary: usual },
    { weight: 1, arbitrary: textToken },
    { weight: 1, arbitrary: numberToken },
    { weight: 1, arbitrary: fc.oneof(oddToken, messages) },
  );

/** An object's text; a member may be missing, or come again. */
function objectText(members: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const all = Object.entries(members).map(([key, value]) => value.map((text) => `${JSON.stringify(key)}:${text}`));
  return fc
    .tuple(fc.tuple(...all), fc.nat(39), fc.nat(all.length - 1), STRAY_MEMBERS)
    .map(([texts, fate, at, stray]) => {
      if (fate === 0) return `{${texts.toSpliced(at, 1).join(',')}}`;
      if (fate === 1) return `{${[...texts, texts[at]].join(',')}}`;
      return `{${(fate === 2 ? texts.toSpliced(at, 0, stray) : texts).join(',')}}`;
    });
}

const STRAY_MEMBERS = fc.constantFrom(
  ...['"__proto__":{"data":{}}', '"\\u0069d":7', '"":null', '"toString":1', '"id":"other"', '"data":null'],
  ...['"payload":{}', '"score":NaN', '"x":"\\ud800"', '"turn\\u005fid":"t9"', '"schema_version":"ATIF"'],
);

const turnId = token(fc.constantFrom('"t0"', '"t0"', '"t0"', '"t1"', '"turn \\u0030"'));
const score = token(
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom('0.5', '0.25', '1', '"0.75"') },
    { weight: 9, arbitrary: numberToken },
    { weight: 1, arbitrary: hugeInteger },
  ),
);
const prompt = token(fc.oneof({ weight: 4, arbitrary: fc.constant('"p"') }, { weight: 1, arbitrary: messages }));
const response = token(fc.oneof({ weight: 30, arbitrary: textToken }, { weight: 1, arbitrary: hugeInteger }));
const metadata = token(
  fc.constantFrom('null', '{}', '{"move":"b1"}', '{"score":NaN,"n":[-Infinity]}', '{"seed":98765432109876543210}'),
);
const index = token(
  fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom('0', '1', '2', '2.0', '"3"') },
    { weight: 1, arbitrary: hugeInteger },
  ),
);
const id = token(
  fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom('1', '"1"', '1.0', '2', '"x"', 'true', '12345678901234567890') },
    { weight: 1, arbitrary: hugeInteger },
  ),
);

const usually = (text: string, times: number): string[] => Array.from({ length: times }, () => text);

const step = objectText({
  parent_id: fc.constant('"root"'),
  payload: objectText({
    event_type: token(fc.constantFrom(...usually('"TTC_END"', 8), '"TTC\\u005fEND"', '"LLM_END"')),
    name: token(fc.constantFrom(...usually('"dpo_candidate_move"', 8), '"dpo_candidate\\u005fmove"', '"other"')),
    UUID: token(fc.uuid().map((uuid) => JSON.stringify(uuid))),
    metadata,
    data: token(
      objectText({
        turn_id: turnId,
        turn_index: index,
        candidate_index: index,
        score,
        input: prompt,
        output: response,
      }),
    ),
  }),
});

const listText = (one: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc.array(one, { maxLength }).map((texts) => `[${texts.join(',')}]`);

const item = objectText({
  id,
  question: token(textToken),
  intermediate_steps: token(listText(token(step), 4)),
});

/** A trace item, or something else in its place. */
export const itemText = fc.oneof(
  { weight: 20, arbitrary: item },
  { weight: 1, arbitrary: brokenToken },
  { weight: 1, arbitrary: oddToken },
);

/** Candidates of one example, each on a line of its own. */
export const candidateTexts: fc.Arbitrary<readonly string[]> = id.chain((example) =>
  fc.array(
    fc.oneof(
      {
        weight: 20,
        arbitrary: objectText({
          ...{ example_id: fc.constant(example), turn_id: turnId, candidate_index: index },
          ...{ score, prompt, response, metadata },
        }),
      },
      { weight: 1, arbitrary: brokenToken },
    ),
    { minLength: 1, maxLength: 4 },
  ),
);

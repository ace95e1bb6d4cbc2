import fc from 'fast-check';

/*
 * Texts of workflow_output.json as Python writes them: bare NaN, integers and floats of any size, and values of every type
 * where NAT expects one. Values are JSON texts, not data: JavaScript cannot hold all that Python writes.
 */

const quoted = (text: string): string => JSON.stringify(text);

const word = fc.constantFrom(
  'a',
  'b',
  'lone \ud800',
  'é "q" \\ {[,]}',
  '日本\n🎲',
  '',
  ' ',
  'NaN',
  '0',
  'x'.repeat(40),
);
const text = word.map(quoted);
const whole = fc.oneof(
  fc.integer({ min: -3, max: 9 }).map(String),
  fc.constantFrom('9007199254740993', '100000000000000000000'),
);
const numbers = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('0', '0.1', '0.3', '0.30000000000000004', '1', '1.0', '-1', '0.5', '0.75') },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true, min: -10, max: 10 }).map(pythonFloat) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['1e308', '-1e308', '1.7976931348623157e308', '-1.7976931348623157e+308', '5e-324', '-0.0', '1e20'],
      ...['9007199254740992', '9007199254740993', '9007199254740993.0', '100000000000000000000', '1e999', '-1e999'],
      ...[`1${'0'.repeat(308)}`, '1e-5', '0.0001', '123456789012345680', '1e16', '1E5', '0.1e1'],
    ),
  },
);
const notFinite = fc.constantFrom('NaN', 'Infinity', '-Infinity');

const scores = fc.oneof(
  { weight: 12, arbitrary: numbers },
  { weight: 1, arbitrary: notFinite },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        'null',
        'true',
        'false',
        '"0.75"',
        '" 1e2 "',
        '"high"',
        '"nan"',
        '"inf"',
        '"1_000"',
        '"1__0"',
        '[1]',
        '{}',
        '""',
      ],
      ...['"+.5"', '"-"', '"0x10"', '"1e400"', '"\\u00a01\\u2003"', '"５"', '".5."', '"Infinity"', '"+"'],
    ),
  },
);
const indices = fc.oneof(
  { weight: 8, arbitrary: fc.nat(6).map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['null', 'NaN', '"2"', '2.0', 'true', '1.5', '"x"', '1e20', '1e3', '"3.0"', '"1_0"', '-0', '-1', '[]', '1e18'],
      ...['9007199254740993', '100000000000000000000', '"+4"', '"4."', '9223372036854775808.0', '"-0"'],
    ),
  },
);
const turns = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('"t0"', '"t1"', '"t2"') },
  { weight: 1, arbitrary: fc.constantFrom('null', '""', '5', 'NaN', 'true', '["t0"]') },
);

/** A value inside another: numbers only as Python writes them back, because their text is compared. */
const inner = fc.oneof(text, fc.constantFrom('null', 'true', 'false', '1', '0.5', '-3', '[]', '{}', 'NaN', '[NaN,1]'));
const object = fc
  .array(fc.tuple(fc.constantFrom('role', 'content', 'a', 'score'), inner), { maxLength: 3 })
  .map(asObject);
const message = fc
  .oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constantFrom('"user"', '"system"', '"x"'), text) },
    { weight: 1, arbitrary: fc.tuple(inner, inner) },
  )
  .chain(([role, content]) =>
    fc.constantFrom(
      `{"role":${role},"content":${content}}`,
      `{"role":${role},"content":${content}}`,
      `{"content":${content},"name":"n","role":${role}}`,
    ),
  );
const prompts = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('"p"', '"q"', '""') },
  { weight: 6, arbitrary: list(message) },
  { weight: 1, arbitrary: fc.oneof(object, list(inner), numbers, notFinite, fc.constantFrom('null', 'true', 'false')) },
);
const outputs = fc.oneof(
  { weight: 10, arbitrary: text },
  { weight: 1, arbitrary: fc.oneof(object, list(inner), numbers, notFinite, fc.constantFrom('null', 'true', 'false')) },
);
const metadata = fc.oneof(
  fc.constantFrom(
    'null',
    '{}',
    '{"move":1,"deep":[[{}]]}',
    '{"seed":100000000000000000000,"p":NaN}',
    '{"w":[Infinity,0.5]}',
  ),
  object,
);

const data = fc
  .record({
    turn: turns,
    index: indices,
    score: scores,
    input: prompts,
    output: outputs,
    turnIndex: indices,
    extra: fc.boolean(),
  })
  .map(
    ({ turn, index, score, input, output, turnIndex, extra }) =>
      `{"input":${input},"output":${output},"chunk":null,"payload":null,"turn_id":${turn},"turn_index":${turnIndex},"candidate_index":${index},"score":${score}${extra ? ',"extra":NaN' : ''}}`,
  );
const step = fc
  .record({
    type: mostly('TTC_END', 'LLM_END', 'TTC_START'),
    name: mostly('dpo_candidate_move', 'another'),
    data: fc.oneof({ weight: 20, arbitrary: data }, { weight: 1, arbitrary: fc.constantFrom('null', '{}') }),
    metadata,
    uuid: fc.nat(99),
  })
  .map(
    ({ type, name, data: value, metadata: about, uuid }) =>
      `{"parent_id":"root","function_ancestry":{"function_id":"f","function_name":"<workflow>","parent_id":null,"parent_name":null},"payload":{"event_type":"${type}","event_timestamp":1.5,"span_event_timestamp":null,"framework":null,"name":"${name}","tags":null,"metadata":${about},"data":${value},"usage_info":null,"UUID":"u${uuid}"}}`,
  );
const ids = fc.oneof(
  { weight: 3, arbitrary: whole },
  fc.constantFrom('"1"', '1', '1.0', 'true', 'false', '"x"', '"y"', '0.1', '1e20', '1e16', '-0.0', '0', '""', '1e-5'),
);
const column = fc.constantFrom(
  '',
  '"notes":NaN,',
  '"seed":9007199254740993,',
  '"d":"Ünï 漢",',
  '"nested":{"a":[NaN,-Infinity]},',
);
const item = fc
  .record({ id: ids, column, steps: fc.array(step, { maxLength: 12, size: 'max' }) })
  .map(
    ({ id, column: other, steps }) =>
      `{"id":${id},"question":"q",${other}"answer":NaN,"generated_answer":"g","intermediate_steps":[${steps.join(',')}],"expected_intermediate_steps":[]}`,
  );

export interface RandomCase {
  readonly text: string;
  readonly builder: {
    readonly exhaustive_pairs: boolean;
    readonly min_score_diff: number;
    readonly max_pairs_per_turn: number | null;
    readonly reward_from_score_diff: boolean;
    readonly require_multiple_candidates: boolean;
  };
  readonly use_full_message_history: boolean;
  readonly deduplicate_pairs: boolean;
}

export const randomCase: fc.Arbitrary<RandomCase> = fc.record({
  text: fc.array(item, { minLength: 1, maxLength: 5 }).map((items) => `[\n  ${items.join(',\n  ')}\n]`),
  builder: fc.record({
    exhaustive_pairs: fc.boolean(),
    min_score_diff: fc.constantFrom(0, 0, 0.01, 0.3, 1),
    max_pairs_per_turn: fc.constantFrom(null, null, 1, 3),
    reward_from_score_diff: fc.boolean(),
    require_multiple_candidates: fc.boolean(),
  }),
  use_full_message_history: fc.boolean(),
  deduplicate_pairs: fc.boolean(),
});

function mostly(usual: string, ...others: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

function list(of: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(of, { maxLength: 3 }).map((all) => `[${all.join(',')}]`);
}

function asObject(members: readonly (readonly [string, string])[]): string {
  const last = new Map(members);
  return `{${[...last].map(([key, value]) => `"${key}":${value}`).join(',')}}`;
}

/** A float has a point or an exponent where Python writes it. */
function pythonFloat(value: number): string {
  const source = JSON.stringify(value);
  return /^-?\d+$/.test(source) ? `${source}.0` : source;
}

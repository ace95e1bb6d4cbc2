import { describe, expect, test } from 'vitest';
import { langfuse } from '../../../lib/sources/formats/langfuse.ts';
import { mlflow } from '../../../lib/sources/formats/mlflow.ts';
import { otel } from '../../../lib/sources/formats/otel.ts';
import { phoenix } from '../../../lib/sources/formats/phoenix.ts';
import type { AssembledFormat, SourceFormat } from '../../../lib/sources/source-format.ts';
import { expectSample, groupsOf, type NamedRecord, pairAll, readAll, readExpected } from './expected.ts';
import { readDocument, readLines } from './read-lines.ts';

const LANGFUSE = [
  'manifests/2026-11-26T10-20-00Z.json',
  'manifests/2026-11-26T10-40-00Z.json',
  'observations_v2/2026-11-26T10-20-00Z.jsonl.gz',
  'observations_v2/2026-11-26T10-40-00Z.jsonl.gz',
  'observations_v2/2026-11-26T11-00-00Z.jsonl.gz',
  'scores/2026-11-26T10-20-00Z.jsonl.gz',
  'scores/2026-11-26T10-40-00Z.jsonl.gz',
  'scores/2026-11-26T11-00-00Z.jsonl.gz',
].map((name) => `proj-1/${name}`);

const langfuseRecords = (root = '') =>
  LANGFUSE.flatMap((key) => {
    const path = `langfuse/jsonl/${key}`;
    return key.endsWith('.json') ? [readDocument(path, root + key)] : readLines(path, root + key);
  });
const otelRecords = () => [...readLines('otel/span/logs.jsonl'), ...readLines('otel/span/traces.jsonl')];

const readTraces = (format: SourceFormat, records: readonly NamedRecord[]) =>
  readAll(format, records, (_record, _answer, { id }) => String(id));

/** Reads records that a test makes up. */
function assemble(format: AssembledFormat, records: readonly unknown[]) {
  const readings = [...format.assemble(records.map((record, offset) => ({ record, place: { key: 'made', offset } })))];
  return {
    candidates: readings.flatMap((reading) => ('candidate' in reading ? [reading.candidate] : [])),
    rejected: readings.flatMap((reading) => ('rejected' in reading ? [reading.rejected.reason] : [])),
  };
}

describe('samples give the pairs of their expected file', () => {
  test('Langfuse', () => {
    const { named, rejected } = readTraces(langfuse, langfuseRecords());
    expect(rejected).toEqual(['unfinished_object', 'unfinished_object']);
    expectSample(named, readExpected('langfuse/jsonl'));
  });

  test('OpenTelemetry', () => {
    const { named, rejected } = readTraces(otel, otelRecords());
    expect(rejected).toEqual([]);
    expectSample(named, readExpected('otel/span'));
  });

  test.each([
    ['Langfuse', langfuse, langfuseRecords, 'langfuse/jsonl'],
    ['OpenTelemetry', otel, otelRecords, 'otel/span'],
  ])('%s, with its records in another order', (_, format, records, expected) => {
    expectSample(readTraces(format, records().toReversed()).named, readExpected(expected));
  });
});

describe('Langfuse', () => {
  const observation = (fields: object) => ({
    id: 'o',
    trace_id: 't',
    project_id: 'p',
    type: 'GENERATION',
    level: 'DEFAULT',
    start_time: '2026-11-26 10:00:00.000000',
    updated_at: '2026-11-26 10:00:00.000000',
    input: 'Q',
    output: 'A',
    ...fields,
  });
  const score = (fields: object) => ({
    id: 's',
    trace_id: 't',
    observation_id: null,
    project_id: 'p',
    name: 'right',
    value: 1,
    data_type: 'NUMERIC',
    updated_at: '2026-11-26 10:00:00.000000',
    ...fields,
  });
  const answersOf = (...records: readonly object[]) =>
    assemble(langfuse, records).candidates.map(({ conversation }) => conversation);

  test.each(['', 'exports/', 'bucket/exports/'])('finds what manifests list when read from %j', (root) => {
    expect(readTraces(langfuse, langfuseRecords(root)).rejected).toEqual(['unfinished_object', 'unfinished_object']);
  });

  test('without a manifest everything counts', () => {
    const records = langfuseRecords().filter(({ place }) => !place.key.includes('manifests'));
    const { named, rejected } = readTraces(langfuse, records);
    expect(rejected).toEqual([]);
    expect(named.map(({ name }) => name)).toContain('t9');
  });

  test('takes the newest of records with one id, whatever their order, and of scores with one name', () => {
    const old = score({ value: 0 });
    const corrected = score({ value: 1, updated_at: '2026-11-26 10:05:00.000000' });
    const again = score({ id: 's2', value: 0.5, updated_at: '2026-11-26 10:06:00.000000' });
    for (const scores of [
      [old, corrected],
      [corrected, old],
    ]) {
      expect(assemble(langfuse, [observation({}), ...scores]).candidates[0]?.scores).toEqual({ right: { value: 1 } });
      expect(assemble(langfuse, [...scores, again, observation({})]).candidates[0]?.scores).toEqual({
        right: { value: 0.5 },
      });
    }
  });

  test('an unfinished object replaces nothing', () => {
    const manifest = { window: {}, tables: ['scores'], files: [{ key: 'made' }] };
    const later = score({ value: 0, updated_at: '2026-11-26 11:00:00.000000' });
    const records = [manifest, observation({}), score({})].map((record, offset) => ({
      record,
      place: { key: 'made', offset },
    }));
    const [reading] = [
      ...langfuse.assemble([...records, { record: later, place: { key: 'unfinished', offset: 0 } }]),
    ].filter((one) => 'candidate' in one);
    expect(reading).toMatchObject({ candidate: { scores: { right: { value: 1 } } } });
  });

  test('a score may name the observation alone; one that names nothing known is rejected', () => {
    const { candidates, rejected } = assemble(langfuse, [
      observation({ id: 'g1' }),
      score({ trace_id: null, observation_id: 'g1' }),
      score({ id: 'lost', trace_id: 'gone' }),
      score({ id: 'session', trace_id: null, session_id: 'x' }),
    ]);
    expect(candidates[0]?.scores).toEqual({ right: { value: 1 } });
    expect(rejected).toEqual(['score_without_trace', 'score_without_trace']);
  });

  test.each([
    ['CATEGORICAL', { value: 2, string_value: 'rude' }, { loss: { reason: 'score_without_order' } }],
    ['TEXT', { value: null, string_value: 'fine' }, { loss: { reason: 'score_without_order' } }],
    ['BOOLEAN', { value: 1, string_value: 'True' }, { value: 1 }],
  ])('%s scores', (data_type, fields, expected) => {
    expect(
      assemble(langfuse, [observation({}), score({ data_type, ...fields })]).candidates[0]?.scores.right,
    ).toMatchObject(expected);
  });

  test.each([
    ['text', 'Q', 'A'],
    ['messages', '[{"role":"user","content":"Q"}]', '{"role":"assistant","content":"A"}'],
    [
      'messages and tools',
      '{"messages":[{"role":"user","content":"Q"}],"tools":[]}',
      '[{"role":"assistant","content":"A"}]',
    ],
    [
      'a chat completion',
      '[{"role":"user","content":"Q"}]',
      '{"choices":[{"message":{"role":"assistant","content":"A"},"finish_reason":"stop"}]}',
    ],
  ])('input and output may be %s', (_, input, output) => {
    expect(answersOf(observation({ input, output }))).toEqual([
      { kind: 'messages', prompt: [{ role: 'user', content: 'Q' }], trajectory: [{ role: 'assistant', content: 'A' }] },
    ]);
  });

  test('JSON that is no message is what was said, as it is written', () => {
    const output = '{"role": "engineer", "from": "Paris"}';
    expect(answersOf(observation({ input: '{"question": "Q"}', output }))).toMatchObject([
      { prompt: [{ content: '{"question": "Q"}' }], trajectory: [{ role: 'assistant', content: output }] },
    ]);
  });

  test('tools are a map of JSON texts, or keys and values as Parquet has them', () => {
    const stock = '{"description":"d","parameters":{"type":"object"}}';
    const tools = [{ type: 'function', function: { name: 'stock', description: 'd', parameters: { type: 'object' } } }];
    for (const tool_definitions of [{ stock }, [{ key: 'stock', value: stock }], JSON.stringify({ stock })]) {
      expect(assemble(langfuse, [observation({ tool_definitions })]).candidates[0]?.tools).toEqual(tools);
    }
  });

  test('a trace whose root failed is an error, one without a generation has no answer', () => {
    const { candidates, rejected } = assemble(langfuse, [
      observation({}),
      observation({ id: 'root', type: 'SPAN', level: 'ERROR' }),
      observation({ id: 'alone', trace_id: 'u', type: 'SPAN' }),
    ]);
    expect(candidates.map(({ loss }) => loss?.reason)).toEqual(['error']);
    expect(rejected).toEqual(['no_model_call']);
  });

  test('calls that began otherwise are not part of the answer', () => {
    const ask = '[{"role":"user","content":"Q"}]';
    const candidate = assemble(langfuse, [
      observation({ id: '1', input: ask, output: 'A' }),
      observation({ id: '2', start_time: '2026-11-26 10:00:09.000000', input: 'Give it a title', output: 'Title' }),
    ]).candidates[0];
    expect(candidate).toMatchObject({ conversation: { trajectory: [{ content: 'A' }] }, flags: ['other_calls:1'] });
  });
});

describe('OpenTelemetry', () => {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const span = (fields: object, attributes: readonly object[] = []) => ({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: 't',
                spanId: 's1',
                startTimeUnixNano: '1795718143541358766',
                attributes: [text('gen_ai.operation.name', 'chat'), ...attributes],
                status: {},
                ...fields,
              },
            ],
          },
        ],
      },
    ],
  });
  const log = (eventName: string, fields: object, attributes: readonly object[]) => ({
    resourceLogs: [
      { scopeLogs: [{ logRecords: [{ timeUnixNano: '1795718143541358770', eventName, attributes, ...fields }] }] },
    ],
  });
  const evaluation = (fields: object, ...attributes: readonly object[]) =>
    log('gen_ai.evaluation.result', fields, [text('gen_ai.evaluation.name', 'right'), ...attributes]);
  const value = (score: object) => ({ key: 'gen_ai.evaluation.score.value', value: score });
  const message = (role: string, ...parts: readonly object[]) => ({ role, parts });
  const part = (content: string) => ({ type: 'text', content });
  const content = (given: readonly object[], ...answered: readonly object[]) => [
    text('gen_ai.input.messages', JSON.stringify(given)),
    text('gen_ai.output.messages', JSON.stringify(answered)),
  ];
  const QUESTION = message('user', part('Q'));
  const said = content([QUESTION], message('assistant', part('A')));

  test('scores come with a trace, or only with the id of the response; ints are text', () => {
    const responses = [...said, text('gen_ai.response.id', 'r-1')];
    const byTrace = assemble(otel, [evaluation({ traceId: 't' }, value({ intValue: '3' })), span({}, said)]);
    expect(byTrace.candidates[0]?.scores).toEqual({ right: { value: 3 } });
    const byResponse = assemble(otel, [
      span({}, responses),
      evaluation({}, value({ doubleValue: 0.5 }), text('gen_ai.response.id', 'r-1')),
    ]);
    expect(byResponse.candidates[0]?.scores).toEqual({ right: { value: 0.5 } });
  });

  test('a judge with a trace of its own is no score of itself', () => {
    const judged = [...said, text('gen_ai.response.id', 'r-1')];
    const judge = span({ traceId: 'judge', spanId: 'j' }, said);
    const { candidates } = assemble(otel, [
      span({}, judged),
      judge,
      evaluation({ traceId: 'judge' }, value({ doubleValue: 1 }), text('gen_ai.response.id', 'r-1')),
    ]);
    expect(candidates.map(({ id, scores }) => [id, Object.keys(scores)])).toEqual([
      ['t', ['right']],
      ['judge', []],
    ]);
  });

  test('an event without a value is no number; one that no span answers is rejected; the newest wins', () => {
    const label = text('gen_ai.evaluation.score.label', 'good');
    expect(
      assemble(otel, [span({}, said), evaluation({ traceId: 't' }, label)]).candidates[0]?.scores.right,
    ).toMatchObject({
      loss: { reason: 'missing_score' },
    });
    expect(
      assemble(otel, [span({}, said), evaluation({ traceId: 'gone' }, value({ doubleValue: 1 }))]).rejected,
    ).toEqual(['score_without_trace']);
    const later = evaluation({ traceId: 't', timeUnixNano: '1795718143541358771' }, value({ doubleValue: 0 }));
    const { candidates } = assemble(otel, [
      later,
      span({}, said),
      evaluation({ traceId: 't' }, value({ doubleValue: 1 })),
    ]);
    expect(candidates[0]?.scores.right).toEqual({ value: 0 });
  });

  const kvlist = (object: object): object => ({
    kvlistValue: { values: Object.entries(object).map(([key, inner]) => ({ key, value: anyValue(inner) })) },
  });
  const anyValue = (found: unknown): object => {
    if (Array.isArray(found)) return { arrayValue: { values: found.map(anyValue) } };
    return typeof found === 'object' && found !== null ? kvlist(found) : { stringValue: String(found) };
  };

  test('messages may be values of an event of the span, or of an event alone', () => {
    const attributes = [
      text('gen_ai.operation.name', 'chat'),
      { key: 'gen_ai.system_instructions', value: anyValue([part('Be brief.')]) },
      { key: 'gen_ai.input.messages', value: anyValue([QUESTION]) },
      { key: 'gen_ai.output.messages', value: anyValue([message('assistant', part('A'))]) },
    ];
    const details = log('gen_ai.client.inference.operation.details', { traceId: 't', spanId: 's1' }, attributes);
    for (const records of [[details, span({})], [details]]) {
      expect(assemble(otel, records).candidates).toMatchObject([
        {
          id: 't',
          loss: undefined,
          conversation: {
            prompt: [
              { role: 'system', content: 'Be brief.' },
              { role: 'user', content: 'Q' },
            ],
            trajectory: [{ role: 'assistant', content: 'A' }],
          },
        },
      ]);
    }
  });

  test('calls, reasoning and results of tools have places of their own; a result may be called result', () => {
    const call = message(
      'assistant',
      { type: 'reasoning', content: 'Hm.' },
      { type: 'tool_call', id: 'c', name: 'stock', arguments: { item: 'chair' } },
    );
    const result = (response: object) => message('tool', { type: 'tool_call_response', id: 'c', ...response });
    for (const response of [{ response: '6' }, { result: '6' }]) {
      const [candidate] = assemble(otel, [
        span({ startTimeUnixNano: '1795718143541358765', spanId: 's0' }, content([QUESTION], call)),
        span({}, content([QUESTION, call, result(response)], message('assistant', part('Six.')))),
      ]).candidates;
      expect(candidate?.conversation).toMatchObject({
        prompt: [{ role: 'user', content: 'Q' }],
        trajectory: [
          {
            role: 'assistant',
            content: '',
            reasoning_content: 'Hm.',
            tool_calls: [{ id: 'c', function: { name: 'stock', arguments: '{"item":"chair"}' } }],
          },
          { role: 'tool', tool_call_id: 'c', content: '6' },
          { role: 'assistant', content: 'Six.' },
        ],
      });
    }
  });

  test.each([
    ['content_elsewhere', [text('gen_ai.input.messages_ref', 's3://bucket/1')]],
    ['no_content', []],
  ])('%s, where messages are not in the file', (reason, attributes) => {
    expect(assemble(otel, [span({}, attributes)]).candidates).toMatchObject([{ loss: { reason } }]);
  });

  test('a span that failed makes its trace an error, whatever it scored', () => {
    const root = span({ spanId: 'root', status: { code: 2 }, attributes: [] });
    const { candidates } = assemble(otel, [
      span({}, said),
      root,
      evaluation({ traceId: 't' }, value({ doubleValue: 1 })),
    ]);
    expect(candidates).toMatchObject([{ loss: { reason: 'error' }, scores: { right: { value: 1 } } }]);
  });

  test('OpenInference’s numbered attributes sort as numbers', () => {
    const messages = Array.from({ length: 11 }, (_, at) => [
      text(`llm.input_messages.${at}.message.role`, 'user'),
      text(`llm.input_messages.${at}.message.content`, `Q${at}`),
    ]).flat();
    const [candidate] = assemble(otel, [
      span({
        attributes: [
          text('openinference.span.kind', 'LLM'),
          ...messages.toReversed(),
          text('llm.output_messages.0.message.role', 'assistant'),
          text('llm.output_messages.0.message.content', 'A'),
        ],
      }),
    ]).candidates;
    expect(candidate?.conversation.prompt).toEqual(
      messages.filter((_, at) => at % 2 === 1).map((_, at) => ({ role: 'user', content: `Q${at}` })),
    );
    expect(candidate?.scores).toEqual({});
  });
});

describe('Phoenix', () => {
  const span = (trace_id: string, span_id: string, answer: string, fields: object = {}) => ({
    name: 'ChatCompletion',
    context: { trace_id, span_id },
    span_kind: 'LLM',
    parent_id: null,
    start_time: '2026-11-26T10:00:00+00:00',
    status_code: 'OK',
    attributes: {
      'llm.input_messages.0.message.role': 'user',
      'llm.input_messages.0.message.content': 'Q',
      'llm.output_messages.0.message.role': 'assistant',
      'llm.output_messages.0.message.content': answer,
      'llm.tools.0.tool.json_schema': '{"type":"function","function":{"name":"stock"}}',
    },
    ...fields,
  });
  const annotation = (span_id: string, score: number | null, fields: object = {}) => ({
    id: `a-${span_id}-${score}`,
    span_id,
    name: 'right',
    updated_at: '2026-11-26T10:00:00+00:00',
    result: { score, label: null },
    ...fields,
  });

  test('scores are annotations of spans, the newest of a name', () => {
    const { candidates, rejected } = assemble(phoenix, [
      annotation('1', 0),
      annotation('1', 1, { updated_at: '2026-11-26T10:00:00.500+00:00' }),
      span('t1', '1', 'A'),
      span('t2', '2', 'B'),
      annotation('2', null),
      annotation('9', 1),
    ]);
    expect(candidates).toMatchObject([
      { id: 't1', scores: { right: { value: 1 } }, tools: [{ function: { name: 'stock' } }] },
      { id: 't2', scores: { right: { loss: { reason: 'missing_score' } } } },
    ]);
    expect(rejected).toEqual(['score_without_trace']);
  });

  test('attributes may be nested or flat, rows of a data frame too', () => {
    const nested = {
      llm: {
        input_messages: [{ message: { role: 'user', content: 'Q' } }],
        output_messages: [
          {
            'message.role': 'assistant',
            'message.tool_calls': [
              { 'tool_call.id': 'c', 'tool_call.function.name': 'stock', 'tool_call.function.arguments': '{}' },
            ],
          },
        ],
      },
    };
    const row = {
      'context.trace_id': 't2',
      'context.span_id': '2',
      span_kind: 'LLM',
      start_time: 'x',
      status_code: 'OK',
      'attributes.llm.input_messages': nested.llm.input_messages,
      'attributes.llm.output_messages': nested.llm.output_messages,
    };
    const { candidates } = assemble(phoenix, [span('t1', '1', '', { attributes: nested }), row]);
    expect(candidates.map(({ conversation }) => conversation)).toMatchObject(
      ['t1', 't2'].map(() => ({
        prompt: [{ content: 'Q' }],
        trajectory: [{ tool_calls: [{ id: 'c', function: { name: 'stock', arguments: '{}' } }] }],
      })),
    );
  });

  test('pages of the API are read record by record', () => {
    const pages = [
      { data: [span('t1', '1', 'A'), span('t2', '2', 'B')], next_cursor: null },
      { data: [annotation('1', 1)] },
    ];
    expect(phoenix.detect({ records: pages })).toBe('sure');
    expect(assemble(phoenix, pages).candidates).toMatchObject([
      { id: 't1', scores: { right: { value: 1 } } },
      { id: 't2' },
    ]);
  });

  test('a span with the status ERROR makes its trace an error', () => {
    const failed = span('t1', '0', '', { span_kind: 'CHAIN', status_code: 'ERROR' });
    expect(assemble(phoenix, [span('t1', '1', 'A'), failed]).candidates).toMatchObject([{ loss: { reason: 'error' } }]);
  });
});

describe('MLflow, as its library writes traces', () => {
  const files = ['traces.jsonl', 'traces_dataframe.jsonl'].map((name) => readLines(`mlflow/${name}`));
  const [chairs, about20, failed, jupiter, saturn, cut] = (files[0] ?? []).map(
    ({ record }) => Object(record).info.trace_id,
  );

  test.each([0, 1])('gives these pairs, from JSON and from rows of a data frame (%i)', (file) => {
    const { named, rejected } = readTraces(mlflow, files[file] ?? []);
    expect(rejected).toEqual([]);
    expect(named).toHaveLength(6);
    const groups = groupsOf(named);
    expect(groups.map((group) => group.map(({ name }) => name))).toEqual([
      [chairs, about20, failed],
      [jupiter, saturn, cut],
    ]);
    const { pairs } = pairAll(groups, 'right', 'trajectory');
    expect(new Set(pairs.map(({ chosen, rejected: other, margin }) => [chosen, other, margin].join()))).toEqual(
      new Set([`${chairs},${about20},1`, `${jupiter},${saturn},1`, `${jupiter},${cut},0.75`, `${cut},${saturn},0.25`]),
    );
    expect(pairAll(groups, 'brief', 'final').skipped.tie).toEqual([[jupiter, saturn].toSorted()]);
  });

  test('reads what a search printed, whole or trace by trace', () => {
    const traces = (files[0] ?? []).map(({ record }) => record);
    const document = { traces, next_page_token: null };
    for (const records of [[document], traces.map((trace) => ({ document, traces: trace }))]) {
      expect(mlflow.detect({ records })).toBe('sure');
      expect(
        readTraces(
          mlflow,
          records.map((record) => ({ record })),
        ).named,
      ).toHaveLength(6);
    }
  });

  test('names a trace without a call of a model', () => {
    const reading = mlflow.read({ info: { trace_id: 'tr-1' }, data: { spans: [] } });
    expect(reading).toMatchObject({ candidates: [{ id: 'tr-1', loss: { reason: 'no_model_call' } }] });
  });

  test('keeps what was overridden, what failed and what is cut short apart', () => {
    const byId = new Map(readTraces(mlflow, files[0] ?? []).named.map(({ name, candidate }) => [name, candidate]));
    expect(byId.get(chairs)).toMatchObject({
      scores: { right: { value: 1 }, tone: { loss: { reason: 'invalid_score' } } },
    });
    expect(byId.get(chairs)?.scores).not.toHaveProperty('answer');
    expect(byId.get(failed)?.loss?.reason).toBe('error');
    expect(byId.get(cut)).toMatchObject({
      flags: ['truncated'],
      scores: { right: { value: 0.25 }, brief: { loss: { reason: 'feedback_error' } } },
    });
  });

  test('the newest judgement counts where a fraction of a second is left out', () => {
    const [{ record } = { record: {} }] = files[0] ?? [];
    const { info, data } = Object(record);
    const judged = (value: number, last_update_time: string) => ({
      assessment_name: 'right',
      feedback: { value },
      last_update_time,
    });
    for (const assessments of [
      [judged(0, '2026-11-26T18:35:43Z'), judged(1, '2026-11-26T18:35:43.005Z')],
      [judged(1, '2026-11-26T18:35:43.005Z'), judged(0, '2026-11-26T18:35:43Z')],
    ]) {
      const reading = mlflow.read({ info: { ...info, assessments }, data });
      expect('candidates' in reading && reading.candidates[0]?.scores.right).toEqual({ value: 1 });
    }
  });
});

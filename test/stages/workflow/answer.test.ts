import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NoAnswer, readAnswer } from '../../../lib/stages/workflow/answer.ts';
import { intermediate, part } from '../../support/workflow-server.ts';

const step = { payload: { event_type: 'TTC_END', name: 'move', UUID: 'u-1', data: { score: 0.5, output: 'é → 🎲' } } };

describe('reading a workflow’s stream', () => {
  it('joins the answer’s parts and makes each intermediate record a step as NAT’s remote evaluation does', async () => {
    const { text, steps } = await read(`${intermediate(step)}${part('Wi')}${part('n!')}`);
    expect(text).toBe('Win!');
    expect(steps.map((one) => JSON.parse(one))).toEqual([
      {
        parent_id: 'remote',
        function_ancestry: { function_id: 'u-1', function_name: 'move', parent_id: null, parent_name: null },
        payload: step.payload,
      },
    ]);
  });

  it('reads the same whatever way the bytes are cut', async () => {
    const stream = `: ping\r\n${intermediate(step)}${part('grüß')}\nevent: message\n${part(' dich 🎲')}`;
    const whole = await read(stream);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(Buffer.byteLength(stream)), { maxLength: 40 }), async (cuts) => {
        expect(await readAnswer(pieces(stream, cuts))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
    const all = Array.from({ length: Buffer.byteLength(stream) }, (_, at) => at);
    expect(await readAnswer(pieces(stream, all))).toEqual(whole);
  });

  it('keeps the digits that a payload was sent with', async () => {
    const payload = '{"UUID":"u","data":{"turn_id":"t","score":0.10000000000000000001,"n":12345678901234567890}}';
    const { steps } = await read(`intermediate_data: ${JSON.stringify({ payload })}\n${part('x')}`);
    expect(steps[0]).toContain(payload);
  });

  it('keeps a step that holds NaN, as JSON', async () => {
    const payload = '{"UUID":"u","data":{"turn_id":"t","score":NaN,"output":"NaN"},"metadata":{"x":[-Infinity]}}';
    const { steps } = await read(`intermediate_data: ${JSON.stringify({ payload })}\n${part('x')}`);
    expect(JSON.parse(steps[0] ?? '')).toMatchObject({
      payload: { data: { score: Number.POSITIVE_INFINITY, output: 'NaN' }, metadata: { x: [null] } },
    });
  });

  it('keeps a step on one line, even one sent as indented JSON', async () => {
    const payload = JSON.stringify(step.payload, undefined, 2);
    const { steps } = await read(`intermediate_data: ${JSON.stringify({ payload })}\n${part('x')}`);
    expect(steps[0]).not.toContain('\n');
    expect(JSON.parse(steps[0] ?? '').payload).toEqual(step.payload);
  });

  it('leaves trace ids, comments and unknown lines out of the answer', async () => {
    const traceId = JSON.stringify({ observability_trace_id: 'abc' });
    const stream = `: hello\n\nobservability_trace: ${traceId}\ndata: ${traceId}\n${part(traceId)}${part('Win!')}retry: 5\n`;
    expect((await read(stream)).text).toBe('Win!');
  });

  it('takes the answers of older workflows: plain text, and chat chunks', async () => {
    expect((await read('data: Win!\n\n')).text).toBe('Win!');
    expect(
      (
        await read(
          'data: {"choices":[{"delta":{"content":"Wi"}}]}\n\ndata: {"choices":[{"message":{"content":"n!"}}]}\n',
        )
      ).text,
    ).toBe('Win!');
  });

  it('takes an answer that is no text as its JSON', async () => {
    expect((await read(part({ move: 4 }))).text).toBe('{"move":4}');
  });

  it('takes an empty answer for one only where the workflow gave it', async () => {
    expect((await read(part(''))).text).toBe('');
    await expect(read('')).rejects.toMatchObject({ reason: 'cut_stream' });
    await expect(read(intermediate(step))).rejects.toMatchObject({ reason: 'cut_stream' });
  });

  it.each([
    ['a bare line of JSON', `${intermediate(step)}{"code":"workflow_error","message":"no model","details":"secret"}\n`],
    ['the same without a line end', '{"code":"workflow_error","message":"no model","details":"secret"}'],
    ['an error event', `${part('half')}event: error\ndata: {"code":"workflow_error","message":"no model"}\n\n`],
    ['a data line', 'data: {"code":"workflow_error","message":"no model"}\n\n'],
  ])('says that the workflow failed: %s', async (_form, stream) => {
    await expect(read(stream)).rejects.toMatchObject({ reason: 'workflow_error', message: 'workflow_error: no model' });
  });

  it('says so too where an error event says nothing', async () => {
    await expect(read('event: error\n')).rejects.toMatchObject({ reason: 'workflow_error' });
  });

  it.each([
    ['no JSON', 'intermediate_data: {"id":\n'],
    ['no payload', 'intermediate_data: {"id":"1"}\n'],
    ['a payload that is no JSON', 'intermediate_data: {"payload":"{"}\n'],
    ['a payload that is no object', 'intermediate_data: {"payload":"5"}\n'],
    ['bytes that are no UTF-8', Buffer.from([...Buffer.from('intermediate_data: "'), 0xff, 0x0a])],
  ])('names a step that cannot be read: %s', async (_what, stream) => {
    const answer = Buffer.concat([Buffer.from(stream), Buffer.from(part('Win!'))]);
    await expect(readAnswer(pieces(answer, []))).rejects.toMatchObject({ reason: 'unparsable_step' });
  });

  it('calls a stream cut that ends in the middle of a line', async () => {
    const stream = `${part('Win!')}${intermediate(step).slice(0, 60)}`;
    await expect(read(stream)).rejects.toMatchObject({ reason: 'cut_stream' });
    await expect(read('data: {"val')).rejects.toMatchObject({ reason: 'cut_stream' });
  });

  it('never quotes the stream where it cannot read it', async () => {
    const error = await read('intermediate_data: {"prompt-text"\n').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NoAnswer);
    expect(String(error)).not.toContain('prompt-text');
  });
});

const read = (stream: string) => readAnswer(pieces(stream, []));

async function* pieces(stream: string | Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(stream);
  let from = 0;
  for (const to of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(from, to);
    from = to;
  }
}

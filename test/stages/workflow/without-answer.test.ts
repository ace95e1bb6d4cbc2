import { describe, expect, it } from 'vitest';
import { WorkflowFailureLine } from '../../../lib/contract/workflow.ts';
import { workflowFailure } from '../../../lib/stages/workflow/failure-line.ts';
import { fakeTimer } from '../../support/fake-timer.ts';
import { examples, liveRun } from '../../support/live-run.ts';
import {
  answers,
  bareError,
  cut,
  endless,
  part,
  type Reply,
  says,
  silence,
  status,
} from '../../support/workflow-server.ts';

describe('an example without an answer', () => {
  it('is a line with its reason and its id, never an empty answer', async () => {
    const { reply } = endless(1_073_741_824);
    const clock = fakeTimer();
    const replies: Readonly<Record<string, Reply>> = {
      q0: bareError('no model'),
      q1: says(`${part('half')}event: error\ndata: {"code":"workflow_error","message":"broke"}\n\n`),
      q2: status(500),
      q3: status(422),
      q4: status(307, { location: 'http://169.254.169.254/latest/meta-data' }),
      q5: (asked, response) => {
        silence(asked, response);
        setTimeout(() => clock.advance(300_000), 20);
      },
      q6: cut,
      q7: says(''),
      q8: reply,
      q9: says(`intermediate_data: {"payload":"{"}\n${part('x')}`),
    };
    const { run } = await liveRun((asked, response) => replies[asked.question]?.(asked, response), examples(10), {
      continue_on_collection_error: true,
      max_concurrency: 1,
      timer: clock.timer,
    });
    const { lines, output } = await run();
    const failures = lines.map((line) => WorkflowFailureLine.parse(JSON.parse(line)));
    expect(failures.map(({ id, workflow_run: { failure, tries } }) => [id, failure.reason, tries])).toEqual([
      ['0', 'workflow_error', 1],
      ['1', 'workflow_error', 1],
      ['2', 'http_error', 4],
      ['3', 'http_error', 1],
      ['4', 'http_error', 1],
      ['5', 'timeout', 1],
      ['6', 'cut_stream', 4],
      ['7', 'cut_stream', 1],
      ['8', 'cut_stream', 1],
      ['9', 'unparsable_step', 1],
    ]);
    expect(lines.map((line) => workflowFailure(Buffer.from(line))?.exampleId)).toEqual(failures.map(({ id }) => id));
    expect(failures[0]?.workflow_run.failure.detail).toBe('workflow_error: no model');
    expect(failures[2]?.workflow_run.failure.detail).toBe('HTTP 500');
    expect(output).toMatchObject([{ done: true, answered: 0, failed: 10 }]);
  });

  it('shows why a server refused, without what was posted', async () => {
    const refusal = {
      detail: [{ type: 'missing', loc: ['body', 'role'], msg: 'Field required', input: { input_message: 'q0' } }],
    };
    const { run } = await liveRun((_asked, response) => {
      response.writeHead(422, { 'content-type': 'application/json' }).end(JSON.stringify(refusal));
    }, examples(1));
    await expect(run()).rejects.toMatchObject({
      name: 'WorkflowFailed',
      message: expect.stringContaining(
        '(http_error: HTTP 422: body.role: Field required; the workflow takes other fields: set source.workflow.body, as in {"role":"{{question}}"})',
      ),
    });
  });

  it.each([
    ['interaction_required', /asks a person for input/],
    ['oauth_required', /asks a person to sign in/],
  ])('ends at once where the stream says %s and stays open', async (event, message) => {
    const { run, server } = await liveRun(
      (_asked, response) => {
        response.write(`event: ${event}\ndata: {"prompt":"private"}\n\n`);
      },
      examples(1),
      { continue_on_collection_error: true },
    );
    const { lines } = await run();
    const { failure } = WorkflowFailureLine.parse(JSON.parse(lines[0] ?? '')).workflow_run;
    expect(failure).toEqual({ reason: event, detail: expect.stringMatching(message) });
    expect(server.asked).toHaveLength(1);
  });

  it('fails the run by name, and keeps what was answered for when it is run again', async () => {
    const { run, server } = await liveRun(
      (asked, response) =>
        (asked.question === 'q2' && asked.time === 1 ? bareError('no model') : answers('x'))(asked, response),
      examples(6),
      { max_concurrency: 2 },
    );
    await expect(run()).rejects.toMatchObject({
      name: 'WorkflowFailed',
      message: expect.stringMatching(
        /^example 2 \(row 3 of dataset.jsonl, repetition 0\) failed after 1 tries \(workflow_error: the workflow's own log says more\)/,
      ),
      inLogs: expect.stringMatching(/^the example in row 3 of dataset.jsonl, repetition 0, failed after 1 tries/),
    });
    const asked = server.asked.length;
    expect(asked).toBeLessThan(6);
    const { lines } = await run();
    expect(lines).toHaveLength(6);
    // Only the one that failed was asked again.
    expect(server.asked).toHaveLength(7);
  });

  it('fails the whole run where the endpoint may not be reached at all', async () => {
    const { run, server } = await liveRun(answers('x'), examples(3), {
      continue_on_collection_error: true,
      allow: false,
    });
    await expect(run()).rejects.toMatchObject({ name: 'EndpointRefused' });
    expect(server.asked).toHaveLength(0);
  });

  it('tells no end of an answer that does not mark it', async () => {
    const { run } = await liveRun(
      (_asked, response) => {
        response.useChunkedEncodingByDefault = false;
        response.write(part('Win'));
        response.end();
      },
      examples(1),
      { continue_on_collection_error: true },
    );
    expect(JSON.parse((await run()).lines[0] ?? '')).toMatchObject({
      workflow_run: { failure: { reason: 'cut_stream' } },
    });
  });
});

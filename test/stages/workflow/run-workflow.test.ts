import { describe, expect, it } from 'vitest';
import { natNames } from '../../../lib/sources/formats/nat/nat-names.ts';
import { readTraceItem } from '../../../lib/sources/formats/nat/trace-item.ts';
import { examples, liveRun } from '../../support/live-run.ts';
import { recordedItems, replay } from '../../support/recorded-items.ts';
import {
  answers,
  bareError,
  byteByByte,
  cut,
  inTurn,
  intermediate,
  part,
  type Reply,
  type Step,
  status,
} from '../../support/workflow-server.ts';

describe('asking a live workflow', () => {
  it('makes the same candidates of NAT’s recorded games as reading its file does, whatever fails on the way', async () => {
    const items = recordedItems;
    const recorded: Reply = (asked, response) => replay(items[Number(asked.question)])(asked, response);
    const streamed: Reply = (asked, response) => {
      const steps = (items[3]?.intermediate_steps ?? []).slice(0, 1);
      return byteByByte(steps.map(intermediate).join('') + part('Lo') + part('se!'))(asked, response);
    };
    const firstTries = [status(503), cut, status(429, { 'retry-after': '2' })];
    const { run, sleeps } = await liveRun(
      (asked, response) => {
        const first = firstTries[Number(asked.question)];
        return asked.question === '4'
          ? streamed(asked, response)
          : inTurn(first ?? recorded, recorded)(asked, response);
      },
      [...items.map(({ id }, index) => ({ id, question: String(index) })), { id: 'bytes', question: '4' }],
    );
    const { lines } = await run();
    expect(lines).toHaveLength(5);
    for (const [index, item] of items.entries()) {
      expect(candidates(lines[index] ?? '')).toEqual(candidates(JSON.stringify(item)));
      expect(JSON.parse(lines[index] ?? '')).toMatchObject({ generated_answer: item.generated_answer });
    }
    expect(JSON.parse(lines[4] ?? '')).toMatchObject({ id: 'bytes', generated_answer: 'Lose!' });
    expect(sleeps).toHaveLength(3);
    expect(Math.max(...sleeps)).toBeGreaterThanOrEqual(2000);
  });

  it('keeps the dataset’s columns and the digits of its ids in the trace item', async () => {
    const { run } = await liveRun(
      answers('Win!'),
      '[{"id":12345678901234567890,"question":"q","answer":"a","level":1.50}]',
    );
    const { lines } = await run();
    expect(lines[0]).toContain('"id":12345678901234567890');
    expect(lines[0]).toContain('"level":1.50');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      workflow_run: { row: 0, rep: 0, tries: 1 },
      question: 'q',
      answer: 'a',
      generated_answer: 'Win!',
      intermediate_steps: [],
      expected_intermediate_steps: [],
    });
  });

  it('asks each example once a repetition, under the ids that NAT gives', async () => {
    const { run, server } = await liveRun(answers('x'), examples(3), { reps: 2, batch_size: 2 });
    const { lines } = await run();
    expect(lines.map((line) => JSON.parse(line).id)).toEqual([
      '0_rep0',
      '1_rep0',
      '2_rep0',
      '0_rep1',
      '1_rep1',
      '2_rep1',
    ]);
    expect(server.asked).toHaveLength(6);
  });

  it('finds the route of older workflows, and asks for the steps it wants', async () => {
    const { run, server } = await liveRun(
      (asked, response) => (asked.url.startsWith('/v1/') ? status(404) : answers('x'))(asked, response),
      examples(1),
      { filter_steps: 'TTC_END' },
    );
    expect((await run()).lines).toHaveLength(1);
    expect(server.asked.map(({ url }) => url)).toEqual([
      '/v1/workflow/full?filter_steps=TTC_END',
      '/generate/full?filter_steps=TTC_END',
    ]);
  });

  it('posts the body that the request gives, below the endpoint’s own path', async () => {
    const settings = { body: { query: '{{question}}', k: 3 }, route: '/ask/full', path: '/agents/7/' };
    const { run, server } = await liveRun(answers('x'), examples(1), settings);
    await run();
    expect(server.asked).toMatchObject([{ url: '/agents/7/ask/full', body: { query: 'q0', k: 3 } }]);
  });

  it('has at most so many examples under way as it may, and asks none twice', async () => {
    const { run, server } = await liveRun(
      (asked, response) => void setTimeout(() => answers('x')(asked, response), 5),
      examples(200),
      { max_concurrency: 32, batch_size: 10 },
    );
    const { lines } = await run();
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(Array.from({ length: 200 }, (_, id) => id));
    expect(server.asked).toHaveLength(200);
    expect(server.mostUnderWay()).toBeGreaterThan(10);
    expect(server.mostUnderWay()).toBeLessThanOrEqual(32);
  });
});

describe('the credential', () => {
  it('is sent, and is in no line and no error, even where the workflow says it aloud', async () => {
    const token = 'very-secret-token';
    const { run, written, server, secrets } = await liveRun(
      (asked, response) => {
        const aloud = String(asked.headers.authorization);
        return (asked.question === 'q0' ? answers(aloud, [step(aloud)]) : bareError(aloud))(asked, response);
      },
      examples(2),
      { auth_secret_arn: 'env:TOKEN' },
      { 'env:TOKEN': token },
    );
    const failure = await run().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'WorkflowFailed' });
    const lines = await written();
    expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${token}`);
    expect(lines.join() + String(failure)).not.toContain(token);
    expect(lines.join()).toContain('[redacted]');
    expect(secrets).toEqual(['env:TOKEN']);
  });
});

const step = (text: string): Step => ({ payload: { event_type: 'TTC_END', name: text, UUID: 'u' } });

function candidates(line: string) {
  const read = readTraceItem(Buffer.from(line), natNames('dpo_candidate_move'));
  return 'item' in read ? { id: read.item.id, payloads: read.item.payloads } : read;
}

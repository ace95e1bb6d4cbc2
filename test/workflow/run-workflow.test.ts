import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fileStore } from '../../cli/local/file-store.ts';
import { createHttpClient, type Timer } from '../../functions/http/client.ts';
import { credentialsFrom } from '../../functions/http/endpoint-credentials.ts';
import { workflowConnector } from '../../functions/http/workflow-client.ts';
import {
  Batch,
  RunWorkflowInput,
  RunWorkflowOutput,
  WorkflowFailureLine,
  WorkflowRun,
  WorkflowSource,
  workflowKeys,
} from '../../lib/contract/workflow.ts';
import { type RunWorkflowDeps, runWorkflow } from '../../lib/steps/run-workflow.ts';
import { readAll } from '../../lib/store.ts';
import { readTraceItem } from '../../lib/traces/trace-item.ts';
import { workflowFailure } from '../../lib/workflow/failure-line.ts';
import { planBatches } from '../../lib/workflow/plan-batches.ts';
import { fakeTimer } from '../support/fake-timer.ts';
import {
  answers,
  bareError,
  byteByByte,
  cut,
  endless,
  inTurn,
  intermediate,
  part,
  type Reply,
  type Step,
  says,
  silence,
  startWorkflowServer,
  status,
} from '../support/workflow-server.ts';

interface Item {
  readonly id: number;
  readonly question: string;
  readonly generated_answer: string;
  readonly intermediate_steps: readonly Step[];
}

const NAT_OUTPUT = new URL('../golden/nat/workflow_output.json', import.meta.url);
const step = (text: string): Step => ({ payload: { event_type: 'TTC_END', name: text, UUID: 'u' } });

let root: string;
let runs = 0;
let items: readonly Item[];
const closing: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'workflow-'));
  items = JSON.parse(await readFile(NAT_OUTPUT, 'utf8'));
});
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));
afterAll(() => rm(root, { recursive: true }));

describe('asking a live workflow', () => {
  it('makes the same candidates of NAT’s recorded games as reading its file does, whatever fails on the way', async () => {
    const replay: Reply = (asked, response) => {
      const item = items[Number(asked.question)];
      return answers(item?.generated_answer ?? '', item?.intermediate_steps ?? [])(asked, response);
    };
    const streamed: Reply = (asked, response) => {
      const steps = (items[3]?.intermediate_steps ?? []).slice(0, 1);
      return byteByByte(steps.map(intermediate).join('') + part('Lo') + part('se!'))(asked, response);
    };
    const firstTries = [status(503), cut, status(429, { 'retry-after': '2' })];
    const { run, sleeps } = await start(
      (asked, response) => {
        const first = firstTries[Number(asked.question)];
        return asked.question === '4' ? streamed(asked, response) : inTurn(first ?? replay, replay)(asked, response);
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
    const { run } = await start(
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
    const { run, server } = await start(answers('x'), examples(3), { reps: 2, batch_size: 2 });
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
    const { run, server } = await start(
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
    const settings = { body: { query: '{{question}}', k: 3 }, route: '/ask', path: '/agents/7/' };
    const { run, server } = await start(answers('x'), examples(1), settings);
    await run();
    expect(server.asked).toMatchObject([{ url: '/agents/7/ask', body: { query: 'q0', k: 3 } }]);
  });

  it('has at most so many examples under way as it may, and asks none twice', async () => {
    const { run, server } = await start(
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

describe('an example without an answer', () => {
  it('is a line with one of five reasons and its id, never an empty answer', async () => {
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
    const { run } = await start((asked, response) => replies[asked.question]?.(asked, response), examples(10), {
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

  it('fails the run by name, and keeps what was answered for when it is run again', async () => {
    const { run, server } = await start(
      (asked, response) =>
        (asked.question === 'q2' && asked.time === 1 ? bareError('no model') : answers('x'))(asked, response),
      examples(6),
      { max_concurrency: 2 },
    );
    await expect(run()).rejects.toMatchObject({
      name: 'WorkflowFailed',
      message: expect.stringMatching(
        /^example 2 failed after 1 tries \(workflow_error: the workflow's own log says more\)/,
      ),
    });
    const asked = server.asked.length;
    expect(asked).toBeLessThan(6);
    const { lines } = await run();
    expect(lines).toHaveLength(6);
    // Only the one that failed was asked again.
    expect(server.asked).toHaveLength(7);
  });

  it('fails the whole run where the endpoint may not be reached at all', async () => {
    const { run, server } = await start(answers('x'), examples(3), {
      continue_on_collection_error: true,
      allow: false,
    });
    await expect(run()).rejects.toMatchObject({ name: 'EndpointRefused' });
    expect(server.asked).toHaveLength(0);
  });

  it('tells no end of an answer that does not mark it', async () => {
    const { run } = await start(
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

describe('the credential', () => {
  it('is sent, and is in no line and no error, even where the workflow says it aloud', async () => {
    const token = 'very-secret-token';
    const { run, server, secrets } = await start(
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
    const { lines } = await start.lines(run.keys);
    expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${token}`);
    expect(lines.join() + String(failure)).not.toContain(token);
    expect(lines.join()).toContain('[redacted]');
    expect(secrets).toEqual(['env:TOKEN']);
  });
});

describe('a batch', () => {
  it('that runs out of time hands the rest on, asks nothing twice, and counts tries over its rounds', async () => {
    const clock = { left: 0 };
    const { run, server } = await start(
      (asked, response) => {
        clock.left -= 200_000;
        return (asked.question === 'q1' ? status(503) : answers('x'))(asked, response);
      },
      examples(4),
      { max_concurrency: 1, timeout_seconds: 300, continue_on_collection_error: true },
    );
    const { rounds, lines } = await run({
      remainingMs: () => clock.left,
      beforeRound: () => {
        clock.left = 500_000;
      },
    });
    expect(rounds.length).toBeGreaterThan(2);
    expect(server.asked.filter(({ question }) => question === 'q1')).toHaveLength(4);
    expect(server.asked).toHaveLength(3 + 4);
    expect(
      lines.map((line) => WorkflowRun.parse(JSON.parse(line).workflow_run)).toSorted((a, b) => a.row - b.row),
    ).toMatchObject([
      { row: 0, tries: 1 },
      { row: 1, tries: 4, failure: { reason: 'http_error' } },
      { row: 2, tries: 1 },
      { row: 3, tries: 1 },
    ]);
    expect(rounds.slice(0, -1).every(({ done }) => !done)).toBe(true);
    expect(rounds.at(-1)).toMatchObject({ done: true, answered: 3, failed: 1, tried: {} });
  });

  it('does not wait for another try that there is no time for', async () => {
    const clock = { left: 0 };
    const { run, sleeps } = await start((asked, response) => {
      clock.left = 340_000;
      return inTurn(status(429, { 'retry-after': '60' }), answers('x'))(asked, response);
    }, examples(1));
    const beforeRound = () => {
      clock.left = 900_000;
    };
    const { rounds } = await run({ remainingMs: () => clock.left, beforeRound });
    expect(rounds).toMatchObject([{ done: false, tried: { 0: 1 } }, { done: true }]);
    expect(sleeps).toEqual([]);
  });

  it('that was written is not run again', async () => {
    const { run, server } = await start(answers('x'), examples(3));
    const first = await run();
    const again = await run();
    expect(server.asked).toHaveLength(3);
    expect(again.lines).toEqual(first.lines);
    expect(again.output).toEqual(first.output);
  });

  it('that runs twice at once is in the trace once, as the first to finish wrote it', async () => {
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    const { run, server } = await start(async (asked, response) => {
      if (asked.time === 1) await held;
      return answers(`time ${asked.time}`)(asked, response);
    }, examples(5));
    const slow = run();
    await expect.poll(() => server.asked.length).toBe(5);
    const { lines } = await run();
    release();
    expect((await slow).lines).toEqual(lines);
    expect(lines.map((line) => JSON.parse(line).generated_answer)).toEqual(Array(5).fill('time 2'));
  });

  it('says so where one answer’s time does not fit into the function’s', async () => {
    const { run } = await start(answers('x'), examples(1), { timeout_seconds: 840 });
    await expect(run({ remainingMs: () => 60_000 })).rejects.toThrow('timeout_seconds 840 does not fit: 60 seconds');
  });

  it('passes little between its rounds, however large it is', async () => {
    let left = 0;
    const { run } = await start(
      (asked, response) => {
        left = 0;
        return status(503)(asked, response);
      },
      examples(100),
      { batch_size: 100, max_concurrency: 100, continue_on_collection_error: true },
    );
    const { rounds } = await run({
      remainingMs: () => left,
      beforeRound: () => {
        left = 900_000;
      },
    });
    expect(Object.keys(rounds[0]?.tried ?? {})).toHaveLength(100);
    expect(Math.max(...rounds.map((round) => JSON.stringify(round).length))).toBeLessThan(4096);
  });
});

const examples = (count: number) => Array.from({ length: count }, (_, id) => ({ id, question: `q${id}` }));

interface RunOptions {
  readonly remainingMs?: () => number;
  readonly beforeRound?: () => void;
}

/** A planned run against a server of its own; `run` does what the state machine does. */
async function start(
  reply: Reply,
  dataset: string | readonly object[],
  settings: Record<string, unknown> & { path?: string; allow?: boolean; timer?: Timer } = {},
  held: Readonly<Record<string, string>> = {},
) {
  const { path = '', allow = true, timer, ...rest } = settings;
  const server = await startWorkflowServer(reply);
  closing.push(server.close);
  const runId = `run-${runs++}`;
  const store = fileStore(root);
  const key = `${runId}.json`;
  await writeFile(join(root, key), typeof dataset === 'string' ? dataset : JSON.stringify(dataset));
  const source = WorkflowSource.parse({ endpoint: `${server.origin}${path}`, dataset: { bucket: 'b', key }, ...rest });
  const keys = workflowKeys(runId);
  await store.create(keys.request, Buffer.from(JSON.stringify({ run_id: runId, source: { workflow: source } })));
  const plan = await planBatches(runId, source, { datasets: store, runs: store });
  const batches = Batch.array().parse(JSON.parse(Buffer.from(await readAll(store, plan.key)).toString()));

  const sleeps: number[] = [];
  const secrets: string[] = [];
  const http = createHttpClient({
    policy: { allowedOrigins: allow ? [server.origin] : [], allowPrivate: false },
    ...(timer && { timer }),
  });
  const deps: Omit<RunWorkflowDeps, 'remainingMs'> = {
    collections: store,
    connect: workflowConnector({
      http,
      credentials: credentialsFrom(async (name) => {
        secrets.push(name);
        return held[name] ?? '';
      }),
    }),
    now: () => new Date('2026-11-23T10:00:00Z'),
    sleep: async (ms) => void sleeps.push(ms),
    random: () => 0.5,
  };
  const run = Object.assign(
    async ({ remainingMs = () => 900_000, beforeRound }: RunOptions = {}) => {
      const rounds: RunWorkflowOutput[] = [];
      const output: RunWorkflowOutput[] = [];
      const left = batches.values();
      const child = async () => {
        for (const batch of left) {
          for (let next: unknown = { run_id: runId, batch }; ; ) {
            beforeRound?.();
            const round = RunWorkflowOutput.parse(
              await runWorkflow(RunWorkflowInput.parse(next), { ...deps, remainingMs }),
            );
            rounds.push(round);
            if (round.done) {
              output[batch.ordinal] = round;
              break;
            }
            next = JSON.parse(JSON.stringify(round));
          }
        }
      };
      await Promise.all(Array.from({ length: plan.max_concurrency }, child));
      return { rounds, output, ...(await start.lines(keys)) };
    },
    { keys },
  );
  return { run, server, sleeps, secrets };
}

/** The lines of a run's traces, part after part. */
start.lines = async (keys: ReturnType<typeof workflowKeys>) => {
  const store = fileStore(root);
  const lines: string[] = [];
  for await (const { key } of store.list(keys.traces)) {
    lines.push(
      ...Buffer.from(await readAll(store, key))
        .toString()
        .trimEnd()
        .split('\n'),
    );
  }
  return { lines };
};

function candidates(line: string) {
  const read = readTraceItem(Buffer.from(line), 'dpo_candidate_move');
  return 'item' in read ? { id: read.item.id, payloads: read.item.payloads } : read;
}

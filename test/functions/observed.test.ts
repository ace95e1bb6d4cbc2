import { beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { fitToLog } from '../../functions/observability/fit-to-log.ts';
import { batchAsked, planned, shardBuilt } from '../../functions/observability/measures.ts';
import { observed } from '../../functions/observability/observed.ts';
import { CorruptObject } from '../../lib/errors.ts';
import { contextOf } from '../support/lambda-context.ts';

let lines: Record<string, unknown>[] = [];
const Line = z.record(z.string(), z.unknown());
beforeEach(() => {
  lines = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(Line.parse(JSON.parse(String(text)))) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(Line.parse(JSON.parse(String(text)))) > 0);
});

const context = contextOf('BuildShard');
const built = {
  ...{ run_id: 'a', ordinal: 3, built: true, items: 5, candidates: 9, pairs: 7, bytes: 1000 },
  rejected_items: { invalid_json: 1 },
  rejected_candidates: { empty_response: 2, missing_score: 1 },
};

describe('a shard', () => {
  const handler = (output: typeof built) => observed('build-shard', async () => output, shardBuilt);
  const event = { run_id: 'a', shard: { ordinal: 3, slices: [{ key: 'x' }] } };

  test('is measured when it is built', async () => {
    expect(await handler(built)(event, context)).toBe(built);
    expect(metrics()).toEqual([
      { dimensions: ['service', 'stage'], stage: 'build-shard', Seconds: expect.any(Number) },
      { dimensions: ['service', 'reason'], reason: 'invalid_json', Rejected: 1 },
      { dimensions: ['service', 'reason'], reason: 'empty_response', Rejected: 2 },
      { dimensions: ['service', 'reason'], reason: 'missing_score', Rejected: 1 },
      {
        dimensions: ['service'],
        ...{ Items: 5, Candidates: 9, Pairs: 7, Bytes: 1000, RejectedItems: 1, RejectedCandidates: 3 },
      },
    ]);
  });

  test('that stood already is not measured again', async () => {
    await handler({ ...built, built: false })(event, context);
    expect(metrics()).toEqual([
      { dimensions: ['service', 'stage'], stage: 'build-shard', Seconds: expect.any(Number) },
    ]);
  });

  test('is logged at its begin and its end, by its run and number', async () => {
    await handler(built)(event, context);
    const of = { stage: 'build-shard', run_id: 'a', shard: 3, function_name: 'BuildShard' };
    expect(lines.filter(({ level }) => level)).toMatchObject([
      { message: 'began', ...of },
      { message: 'ended', ...of, Items: 5, rejected: { invalid_json: 1, empty_response: 2, missing_score: 1 } },
    ]);
  });
});

test('a shard whose datasets are written is logged by its run and number', async () => {
  await observed('write-datasets', async () => ({ run_id: 'a', ordinal: 3, lines: 7 }))(
    { run_id: 'a', ordinal: 3 },
    context,
  );
  const of = { stage: 'write-datasets', run_id: 'a', shard: 3 };
  expect(lines.filter(({ level }) => level)).toMatchObject(['began', 'ended'].map((message) => ({ message, ...of })));
});

test('a plan that stood already, and a batch that goes on, are not counted', () => {
  const plan = {
    run_id: 'a',
    plan: { bucket: 'b', key: 'k' },
    shards: 4,
    inputs: 1,
    input_bytes: 9,
    max_concurrency: 1,
    datasets: 'files' as const,
  };
  expect(planned({ ...plan, status: 'planned' }).counts).toEqual([['Shards', 4]]);
  expect(planned({ ...plan, status: 'committed' }).counts).toEqual([]);
  const batch = { ordinal: 0, rep: 0, first_row: 0, rows: 2, start: 0, end: 9 };
  const round = { run_id: 'a', batch, tried: {}, answered: 1, failed: 1 };
  expect(batchAsked({ ...round, done: false }).counts).toEqual([]);
  expect(batchAsked({ ...round, done: true }).counts).toEqual([
    ['ExamplesAnswered', 1],
    ['ExamplesFailed', 1],
  ]);
});

test('of an event that has not its form nothing is told', async () => {
  const handler = observed('evaluate', async () => 'done');
  for (const event of [
    'a prompt',
    { execution: 'a prompt', run_id: ['a prompt'], shard: 'a prompt', ordinal: 'a prompt' },
    null,
  ]) {
    await handler(event, context);
  }
  expect(JSON.stringify(lines)).not.toContain('a prompt');
});

describe('an error', () => {
  const failing = (error: unknown) =>
    observed('finalize', async () => {
      throw error;
    })({ run_id: 'a' }, context);
  const parseError = () => {
    try {
      return JSON.parse('a prompt');
    } catch (error) {
      return error;
    }
  };

  test('of ours is thrown as it is, logged with its message, and of its causes the names', async () => {
    const error = new CorruptObject('s3://b/k is not ours.', { cause: parseError() });
    await expect(failing(error)).rejects.toBe(error);
    expect(lines.at(-1)).toMatchObject({
      ...{ level: 'ERROR', message: 'failed', stage: 'finalize', run_id: 'a' },
      error: { name: 'CorruptObject', message: 's3://b/k is not ours.', causes: ['SyntaxError'] },
    });
    expect(JSON.stringify(lines)).not.toContain('a prompt');
  });

  test("of anyone else's keeps its name and its place, and loses its words, which may quote", async () => {
    const thrown = await failing(parseError()).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ name: 'SyntaxError', message: expect.stringContaining('withheld') });
    expect(JSON.stringify(lines)).toContain('observed.test.ts');
    expect(JSON.stringify([lines, thrown, String(thrown)])).not.toContain('a prompt');
  });

  test.each([['text'], [undefined], [{ message: 'a prompt' }]])('that is none (%o) becomes one', (thrown) => {
    expect(fitToLog(thrown)).toMatchObject({ name: 'Error', message: expect.not.stringContaining('prompt') });
  });

  test('counts the time that it took', async () => {
    await failing(new Error('x')).catch(() => {});
    expect(metrics()).toEqual([{ dimensions: ['service', 'stage'], stage: 'finalize', Seconds: expect.any(Number) }]);
  });
});

test('an invocation that X-Ray does not sample loads nothing of its library', async () => {
  vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0');
  let loaded = false;
  vi.doMock('../../functions/observability/tracing.ts', () => {
    loaded = true;
    return { traced: (_stage: string, _run: string, step: () => unknown) => step() };
  });
  await observed('finalize', async () => 'done')({ run_id: 'a' }, context);
  expect(loaded).toBe(false);
  vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1');
  await observed('finalize', async () => 'done')({ run_id: 'a' }, context);
  expect(loaded).toBe(true);
  vi.unstubAllEnvs();
});

const Emf = z.looseObject({
  _aws: z.object({
    Timestamp: z.int(),
    CloudWatchMetrics: z.tuple([
      z.object({ Namespace: z.literal('DpoTrajectories'), Dimensions: z.tuple([z.array(z.string())]) }),
    ]),
  }),
  service: z.string(),
});

/** The metrics that were published: dimensions and values. */
const metrics = () =>
  lines
    .filter((line) => '_aws' in line)
    .map((line) => {
      const { _aws, service: _, ...values } = Emf.parse(line);
      return { dimensions: _aws.CloudWatchMetrics[0].Dimensions[0], ...values };
    });

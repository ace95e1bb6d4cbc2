import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fileStore } from '../../../adapters/files/file-store.ts';
import { createHttpClient } from '../../../adapters/http/client.ts';
import { credentialsFrom } from '../../../adapters/http/endpoint-credentials.ts';
import { workflowConnector } from '../../../adapters/http/workflow-client.ts';
import { RecordFailureInput } from '../../../lib/contract/failure.ts';
import { Shards } from '../../../lib/contract/plan.ts';
import { Request } from '../../../lib/contract/request.ts';
import { PlanTracesInput, RunWorkflowInput, WorkflowSource, workflowKeys } from '../../../lib/contract/workflow.ts';
import { readJson } from '../../../lib/objects/stored-json.ts';
import { planTraces } from '../../../lib/stages/plan-traces.ts';
import { recordFailure } from '../../../lib/stages/record-failure.ts';
import { runWorkflow } from '../../../lib/stages/run-workflow.ts';
import { planBatches } from '../../../lib/stages/workflow/plan-batches.ts';
import { runStateMachine } from '../../support/asl/asl-runner.ts';
import { pipelineFrom } from '../../support/pipeline-definition.ts';
import { answers, bareError, inTurn, type Reply, startWorkflowServer, status } from '../../support/workflow-server.ts';

it('asks the whole dataset in as many rounds as the functions’ time takes, and plans the traces', async () => {
  const slow = inTurn(status(503), answers('x'));
  const { result, rounds, server, store, traces } = await run(slow, { batch_size: 5, max_concurrency: 4 });
  expect(result).toMatchObject({ status: 'succeeded', output: { run_id: 'run-1', status: 'planned', shards: 1 } });
  expect(server.asked).toHaveLength(2 * 12);
  // Three batches, of which none was done in one round.
  expect(rounds.length).toBeGreaterThan(3);
  const [shard] = await readJson(store, 'runs/run-1/plan.json', Shards);
  expect(shard?.slices.map(({ bucket, key }) => [bucket, key])).toEqual(traces.map((key) => ['out', key]));
});

it('fails by the workflow’s own failure, and run again asks only what has no answer', async () => {
  const broken: Reply = (asked, response) =>
    (asked.question === 'q7' && asked.time === 1 ? bareError('no model') : answers('x'))(asked, response);
  const { result, server, again } = await run(broken, { batch_size: 3 });
  expect(result).toMatchObject({ status: 'failed', error: 'WorkflowFailed' });
  expect(result).toMatchObject({
    cause: expect.stringContaining('the example in row 8 of dataset.jsonl, repetition 0, failed'),
  });
  expect(await again()).toMatchObject({ status: 'succeeded' });
  expect(server.asked.filter(({ question }) => question !== 'q7')).toHaveLength(11);
  expect(server.asked).toHaveLength(13);
});

/** The real one, of what is the workflow's. */
const definition = pipelineFrom('RunWorkflow', { BuildShards: { Type: 'Succeed' } });

/** 12 examples through the machine; a function has time for a few requests. */
async function run(reply: Reply, settings: object) {
  const root = await mkdtemp(join(tmpdir(), 'machine-'));
  const server = await startWorkflowServer(reply);
  onTestFinished(async () => {
    await server.close();
    await rm(root, { recursive: true });
  });
  const store = fileStore(root);
  const rows = Array.from({ length: 12 }, (_, id) => ({ id, question: `q${id}` }));
  await writeFile(join(root, 'rows.json'), JSON.stringify(rows));
  const dataset = { bucket: 'traces', key: 'rows.json' };
  const source = WorkflowSource.parse({ endpoint: server.origin, dataset, ...settings });
  const request = Request.parse({ run_id: 'run-1', source: { workflow: source } });
  await store.create(workflowKeys('run-1').request, Buffer.from(JSON.stringify(request)));
  const { key, batches, examples, max_concurrency } = await planBatches('run-1', source, {
    datasets: store,
    runs: store,
  });

  const policy = { reach: 'listed', origins: [server.origin] } as const;
  const connect = workflowConnector({
    http: createHttpClient({ policy }),
    credentials: credentialsFrom(async () => ''),
  });
  const rounds: unknown[] = [];
  const deps = {
    bucket: () => store,
    collections: store,
    collectionsBucket: 'out',
    now: () => new Date(0),
    codeVersion: '0',
  };
  const execute = () =>
    runStateMachine({
      definition,
      input: {
        run_id: 'run-1',
        plan: { bucket: 'out', key: '-' },
        workflow: { key, batches, examples, max_concurrency },
      },
      executionName: 'run-1',
      handlers: {
        RunWorkflow: async (payload) => {
          // Each look at the clock takes a while.
          let left = 900_000;
          const remainingMs = () => {
            left -= 100_000;
            return left;
          };
          const output = await runWorkflow(RunWorkflowInput.parse(payload), {
            collections: store,
            connect,
            now: deps.now,
            sleep: async () => {},
            random: () => 0,
            remainingMs,
          });
          rounds.push(output);
          return output;
        },
        PlanTraces: (payload) => planTraces(PlanTracesInput.parse(payload), deps),
        RecordFailure: (payload) => recordFailure(RecordFailureInput.parse(payload), deps),
      },
      storeOf: () => store,
      maxConcurrency: 8,
      waits: 'skipped',
    });
  const result = await execute();
  const traces: string[] = [];
  for await (const object of store.list(workflowKeys('run-1').traces)) traces.push(object.key);
  return { result, rounds, server, store, traces, again: execute };
}

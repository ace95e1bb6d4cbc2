import { createHttpClient } from '../../adapters/http/client.ts';
import { credentialsFrom } from '../../adapters/http/endpoint-credentials.ts';
import { workflowConnector } from '../../adapters/http/workflow-client.ts';
import type { EvaluateOutput } from '../../lib/contract/states.ts';
import { Batches, RunWorkflowInput } from '../../lib/contract/workflow.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { planTraces } from '../../lib/stages/plan-traces.ts';
import { type RunWorkflowDeps, runWorkflow } from '../../lib/stages/run-workflow.ts';
import { retried, runRetrying } from '../support/retrying-run.ts';
import type { RunDeps } from '../support/run.ts';
import { answers, type Reply, startWorkflowServer } from '../support/workflow-server.ts';
import { inMemory, type Subject, strikeAnywhere } from './crashes.ts';
import type { Row } from './matrix.ts';
import { raceAnywhere } from './races.ts';

/** Strikes at each side effect of a run that asks a live workflow (`every`-th from the first on). */
export const crashAsking = (every = 1): Promise<readonly Row[]> =>
  withWorkflow((subject) => strikeAnywhere('asking a workflow', subject, inMemory, every));

/** Two executions that ask it at the same time. Their store calls are in an order that the seed decides; answers come as they come. */
export const racingAsking = (interleavings: number): Promise<Row> =>
  withWorkflow((subject) =>
    raceAnywhere('two executions of one run that asks a workflow, interleaved at random', subject, interleavings),
  );

/** The workflow answers over HTTP, and the same whenever it is asked. */
async function withWorkflow<Result>(work: (subject: Subject) => Promise<Result>): Promise<Result> {
  const server = await startWorkflowServer(agent);
  const http = createHttpClient({ policy: { reach: 'listed', origins: [server.origin] } });
  const connect = workflowConnector({ http, credentials: credentialsFrom(async () => '') });
  const dataset = { bucket: 'traces', key: 'rows.json' };
  const request = {
    run_id: 'run',
    source: { workflow: { endpoint: server.origin, dataset, reps: 2, batch_size: 2 } },
    dataset: { formats: ['trl'], validation_fraction: 0.3 },
    limits: { shard_bytes: 1024 },
  };
  try {
    return await work({
      put: async (traces) => void (await traces.create(dataset.key, Buffer.from(JSON.stringify(ROWS)))),
      run: (deps, execution) => runRetrying(request, deps, execution, (evaluated) => asked(evaluated, deps, connect)),
    });
  } finally {
    await server.close();
  }
}

const ROWS = [0, 1, 2].map((id) => ({ id, question: `q${id}` }));

const agent: Reply = (asked, response) =>
  answers(`answer to ${asked.question}`, stepsOf(asked.question))(asked, response);

const stepsOf = (question: string) =>
  [0.9, 0.2].map((score, candidate_index) => ({
    payload: {
      ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${question}-${candidate_index}` },
      data: { turn_id: question, candidate_index, score, input: question, output: `${question}: ${score}` },
    },
  }));

/** RunWorkflow's children, one after the other, and PlanTraces. */
async function asked(
  { run_id, workflow }: EvaluateOutput,
  deps: RunDeps,
  connect: RunWorkflowDeps['connect'],
): Promise<EvaluateOutput> {
  const { collections, now } = deps;
  const asking = { collections, now, connect, sleep: async () => {}, random: () => 0, remainingMs: () => 900_000 };
  for (const batch of await retried(() => readJson(collections, workflow?.key ?? '', Batches))) {
    for (let input = RunWorkflowInput.parse({ run_id, batch }); ; ) {
      const round = await retried(() => runWorkflow(input, asking));
      if (round.done) break;
      input = RunWorkflowInput.parse(round);
    }
  }
  return retried(() => planTraces({ run_id }, deps));
}

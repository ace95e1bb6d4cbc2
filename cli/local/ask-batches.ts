import { setTimeout as sleep } from 'node:timers/promises';
import type { EvaluateOutput } from '../../lib/contract/states.ts';
import { type Batch, Batches, RunWorkflowInput, type RunWorkflowOutput } from '../../lib/contract/workflow.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { each } from '../../lib/stages/each.ts';
import { runWorkflow } from '../../lib/stages/run-workflow.ts';
import type { ConnectWorkflow, WorkflowClient } from '../../lib/stages/workflow/client.ts';
import { type AttemptStep, failingAt } from './attempt-step.ts';
import type { LocalRun } from './local-steps.ts';

/**
 * Asks a live workflow all batches of its dataset. They wait for the agent, not for this machine: one thread asks as many
 * at once as the workflow takes.
 */
export async function askBatches(
  { run_id, workflow }: EvaluateOutput,
  { deps, progress, workflow: wayToWorkflow }: LocalRun,
  attempt: AttemptStep,
): Promise<void> {
  if (!workflow) throw new Error(`Run ${run_id} has no workflow to ask.`);
  const place = { state: 'RunWorkflow', run_id };
  const batches = await failingAt(place, () => readJson(deps.collections, workflow.key, Batches));
  progress.asking({ examples: workflow.examples, batches: batches.length });
  const answers = answerCount();
  progress.stage({ name: 'asking', unit: 'examples', total: workflow.examples, done: answers.done });

  let connecting: Promise<ConnectWorkflow> | undefined;
  const asked = await each(batches, Math.min(workflow.max_concurrency, MOST_BATCHES_AT_ONCE), async (batch) => {
    const connect: ConnectWorkflow = async (source) => {
      connecting ??= wayToWorkflow();
      return answers.counting(batch, await (await connecting)(source));
    };
    const asking = {
      collections: deps.collections,
      connect,
      sleep: async (ms: number) => sleep(ms),
      now: deps.now,
      random: Math.random,
      remainingMs,
    };
    let input = RunWorkflowInput.parse({ run_id, batch });
    for (;;) {
      const round = input;
      const part = { state: 'AskBatch', run_id, batch: batch.ordinal };
      const output = await attempt('RunWorkflow', part, () => runWorkflow(round, asking));
      if (output.done) return answers.ended(batch, output);
      input = RunWorkflowInput.parse(output);
    }
  });
  progress.asked({ failed: asked.reduce((sum, { failed }) => sum + failed, 0) });
}

/** One process gains nothing from more. */
const MOST_BATCHES_AT_ONCE = 16;

/** Nothing stops this process after a time. */
const remainingMs = () => Number.POSITIVE_INFINITY;

/** Examples that are answered or failed for good: of a batch that ended as it says, of another by the answers so far. */
function answerCount() {
  const batches = new Map<number, { rows: number; answers: number }>();
  return {
    done: () => [...batches.values()].reduce((sum, { rows, answers }) => sum + Math.min(rows, answers), 0),
    counting({ ordinal, rows }: Batch, client: WorkflowClient): WorkflowClient {
      const count = batches.get(ordinal) ?? { rows, answers: 0 };
      batches.set(ordinal, count);
      return {
        ...client,
        post: async (route, body) => {
          const response = await client.post(route, body);
          if (response.status < 300) count.answers += 1;
          return response;
        },
      };
    },
    ended({ ordinal, rows }: Batch, output: RunWorkflowOutput): RunWorkflowOutput {
      batches.set(ordinal, { rows, answers: output.answered + output.failed });
      return output;
    },
  };
}

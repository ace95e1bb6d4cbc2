import * as z from 'zod';
import { type RunWorkflowInput, type RunWorkflowOutput, WorkflowSource, workflowKeys } from '../contract/workflow.ts';
import { InvalidRequest } from '../errors.ts';
import type { ObjectStore } from '../objects/store.ts';
import { readJson } from '../objects/stored-json.ts';
import { answerRoom, NoRoom } from './workflow/answer-room.ts';
import { type AskDeps, ask, neededMs, type Outcome } from './workflow/ask.ts';
import { bodyOf, exampleId } from './workflow/body.ts';
import type { ConnectWorkflow } from './workflow/client.ts';
import { WorkflowFailed } from './workflow/errors.ts';
import { concurrencyOf } from './workflow/plan-batches.ts';
import { readRows } from './workflow/read-rows.ts';
import { idText } from './workflow/rows.ts';
import { type Example, finishedRows, traceLine } from './workflow/trace-lines.ts';

export interface RunWorkflowDeps extends Omit<AskDeps, 'client'> {
  /** Where runs are written. */
  readonly collections: ObjectStore;
  readonly connect: ConnectWorkflow;
}

/**
 * Asks the examples of one batch that have no answer yet and writes what came of it as one further part of the batch's
 * trace. Ends early, with `done: false`, where the time left is too short for another answer or a part grows large: the
 * next round takes its output and goes on. A row that is in a part is never asked again.
 */
export async function runWorkflow(input: RunWorkflowInput, deps: RunWorkflowDeps): Promise<RunWorkflowOutput> {
  const { run_id, batch } = input;
  const keys = workflowKeys(run_id);
  const { workflow: source } = (await readJson(deps.collections, keys.request, WorkflowRequest)).source;
  const finished = await finishedRows(deps.collections, keys.parts(batch.ordinal));
  const rows = await readRows(deps.collections, keys.dataset, batch);
  const examples = rows
    .map((from, index) => ({
      row: batch.first_row + index,
      rep: batch.rep,
      id: exampleId(from, batch.rep, source.reps),
      from,
    }))
    .filter(({ row }) => !finished.rows.has(row));
  const before = { answered: finished.rows.size - finished.failed, failed: finished.failed };
  if (examples.length === 0) return { run_id, batch, tried: {}, done: true, ...before };

  if (deps.remainingMs() < neededMs(source)) {
    throw new InvalidRequest(
      `timeout_seconds ${source.timeout_seconds} does not fit: the function has ${Math.floor(deps.remainingMs() / 1000)} seconds left`,
    );
  }
  const round = await askAll(examples, source, input.tried, deps);
  const lines = round.lines.toSorted((a, b) => a.row - b.row);
  const key = keys.part(batch.ordinal, finished.parts);
  const written = lines.length === 0 ? 'none' : await deps.collections.write(key, encoded(lines), { ifAbsent: true });
  if (round.fatal) throw round.fatal;
  // Another run of this same batch was faster: the next round sees what it wrote.
  if (written === 'exists') return { run_id, batch, tried: {}, done: false, ...before };
  return {
    run_id,
    batch,
    tried: round.tried,
    done: lines.length === examples.length,
    answered: before.answered + lines.filter((line) => !line.failed).length,
    failed: before.failed + lines.filter((line) => line.failed).length,
  };
}

/** The claimed request has the source; what else it asks for is for other steps. */
const WorkflowRequest = z.object({ source: z.object({ workflow: WorkflowSource }) });

interface TracePart {
  readonly row: number;
  readonly failed: boolean;
  readonly text: string;
}

interface Round {
  readonly lines: TracePart[];
  readonly tried: Record<string, number>;
  /** Why the run cannot go on. Examples under way when it came up are let finish: their answers are kept. */
  fatal?: unknown;
}

/** 64 MiB: where a part is written early, so that a batch of long traces is never held whole. */
const PART_BYTES = 67_108_864;

/** 128 MiB of answers as they come: with their texts and their lines a quarter of the function's memory. */
const UNDER_WAY_BYTES = 134_217_728;

async function askAll(
  examples: readonly Example[],
  source: WorkflowSource,
  tried: RunWorkflowInput['tried'],
  deps: RunWorkflowDeps,
): Promise<Round> {
  const client = await deps.connect(source);
  const round: Round = { lines: [], tried: { ...tried } };
  const room = answerRoom(UNDER_WAY_BYTES);
  const left = examples.values();
  let bytes = 0;
  // Once the run has failed, what is under way may end, but is not tried again.
  const remainingMs = () => (round.fatal === undefined ? deps.remainingMs() : 0);
  const work = async () => {
    // The iterator is shared: each worker takes the next example that no other has taken.
    for (const example of left) {
      if (round.fatal !== undefined || bytes > PART_BYTES) return;
      const body = bodyOf(source.body, example.from, example.id);
      const place = room.open(client);
      const tries = tried[example.row] ?? 0;
      const outcome = await ask(body, source, tries, { ...deps, remainingMs, client: place.client }).catch((error) => {
        if (error instanceof NoRoom) return { kind: 'unfinished', tries } as const;
        throw error;
      });
      if (outcome.kind === 'unfinished') {
        if (outcome.tries > 0) round.tried[example.row] = outcome.tries;
      } else if (outcome.kind === 'failed' && !source.continue_on_collection_error) {
        round.fatal ??= firstFailure(example, outcome);
      } else {
        const text = `${client.redact(traceLine(example, outcome))}\n`;
        bytes += text.length;
        round.lines.push({ row: example.row, failed: outcome.kind === 'failed', text });
        delete round.tried[example.row];
      }
      place.release();
    }
  };
  const workers = Array.from({ length: concurrencyOf(source).examples }, () =>
    work().catch((error: unknown) => {
      round.fatal ??= error;
    }),
  );
  await Promise.all(workers);
  return round;
}

function firstFailure(
  example: Example,
  { reason, detail, inLogs, tries }: Extract<Outcome, { kind: 'failed' }>,
): WorkflowFailed {
  const after = (why: string) =>
    `failed after ${tries} tries (${reason}: ${why}); answers so far are kept: start the run again to continue, or another run with continue_on_collection_error to continue without this example`;
  // Rows are counted from 1 in messages, as a reader of the dataset counts them.
  const place = `row ${example.row + 1} of dataset.jsonl, repetition ${example.rep}`;
  // The workflow's own error may quote the prompt.
  const why = reason === 'workflow_error' ? inLogs : detail;
  return new WorkflowFailed(`example ${idText(example.id)} (${place}) ${after(why)}`, {
    inLogs: `the example in ${place}, ${after(inLogs)}`,
  });
}

async function* encoded(lines: readonly TracePart[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const { text } of lines) yield encoder.encode(text);
}

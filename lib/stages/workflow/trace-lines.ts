import { jsonVariable } from '../../contract/json-variable.ts';
import { WorkflowRun } from '../../contract/workflow.ts';
import { CorruptObject } from '../../errors.ts';
import type { ObjectStore } from '../../objects/store.ts';
import type { Outcome } from './ask.ts';
import { linesOf } from './lines.ts';
import { type DatasetRow, idText } from './rows.ts';

/** An example of a batch: a row in one repetition, under the id it has there. */
export interface Example {
  readonly row: number;
  readonly rep: number;
  readonly id: unknown;
  readonly from: DatasetRow;
}

/** The trace item of an answered example, or the failure line of a failed one; without a line end. */
export function traceLine(example: Example, outcome: Exclude<Outcome, { kind: 'unfinished' }>): string {
  const run = { row: example.row, rep: example.rep, tries: outcome.tries };
  if (outcome.kind === 'failed') {
    const failure = { reason: outcome.reason, detail: outcome.detail };
    return JSON.stringify({ workflow_run: { ...run, failure }, id: idText(example.id) });
  }
  const { question, answer, columns } = example.from;
  const head = JSON.stringify({
    workflow_run: run,
    id: example.id,
    question,
    answer,
    generated_answer: outcome.answer.text,
    expected_intermediate_steps: [],
    ...columns,
  });
  // The steps are JSON text already; parsing them to print them again could only lose digits.
  return `${head.slice(0, -1)},"intermediate_steps":[${outcome.answer.steps.join(',')}]}`;
}

/** What a batch's parts, whose keys begin with `prefix`, hold so far. */
export async function finishedRows(store: ObjectStore, prefix: string) {
  const rows = new Set<number>();
  let parts = 0;
  let failed = 0;
  for await (const { key } of store.list(prefix)) {
    parts += 1;
    for await (const line of linesOf(store.read(key))) {
      const run = runOf(line.bytes, key);
      rows.add(run.row);
      if (run.failure) failed += 1;
    }
  }
  return { parts, rows, failed };
}

/** A line's `workflow_run`, without parsing the rest of it: it is the first key, and short. */
function runOf(bytes: Uint8Array, key: string): WorkflowRun {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES));
  // A failure's detail may hold any character; only the end of the object is followed by the id.
  const [, text] = /^\{"workflow_run":(\{.*?\}),"id":/s.exec(head) ?? [];
  const run = text === undefined ? undefined : WorkflowRunText.safeParse(text);
  if (!run?.success)
    throw new CorruptObject(`${key}: a line does not begin with its workflow_run; remove the object and run again`);
  return run.data;
}

/** A detail has at most a few hundred characters; JSON may escape each to six. */
const HEAD_BYTES = 8192;

const WorkflowRunText = jsonVariable(WorkflowRun);

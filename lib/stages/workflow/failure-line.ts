import { jsonVariable } from '../../contract/json-variable.ts';
import { WorkflowFailureLine } from '../../contract/workflow.ts';
import type { ItemRejection } from '../../sources/record.ts';

/**
 * The failure that a line of a run's own traces records, or undefined for a trace item. Only for traces that the run
 * wrote itself: in anybody else's, such a line would be a person's word for what happened.
 */
export function workflowFailure(bytes: Uint8Array): ItemRejection | undefined {
  // A failure has nothing but a detail of a few hundred characters; trace items are not parsed here.
  if (bytes.length > FAILURE_BYTES) return undefined;
  const line = FailureText.safeParse(new TextDecoder().decode(bytes));
  return line.success ? { ...line.data.workflow_run.failure, exampleId: line.data.id } : undefined;
}

/** An id may be long; a trace item that is as short as this costs little to parse. */
const FAILURE_BYTES = 65_536;

const FailureText = jsonVariable(WorkflowFailureLine);

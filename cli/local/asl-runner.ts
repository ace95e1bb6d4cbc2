import { z } from 'zod';
import { plainCause } from '../failure-cause.ts';
import { supported } from './asl.ts';
import { distributedMap, type ItemEvent } from './distributed-map.ts';
import { interpret, prepare, type StateEvent, type Waits } from './interpreter.ts';
import { localTasks, type Task, type TaskResources } from './local-tasks.ts';

export { UnsupportedDefinition } from './asl.ts';
export type { Handler } from './local-tasks.ts';

export type RunEvent = StateEvent | ItemEvent;

export type RunResult =
  | { readonly status: 'succeeded'; readonly output: unknown }
  /** The Fail state's error and its message, out of the JSON that Lambda wraps it in. */
  | { readonly status: 'failed'; readonly error: string; readonly cause: string };

export interface RunOptions extends TaskResources {
  /** The parsed ASL, its substitutions unresolved. */
  readonly definition: unknown;
  readonly input: unknown;
  /** `$$.Execution.Name`. */
  readonly executionName: string;
  /** Children of a map at once, beside the map's own limit. */
  readonly maxConcurrency: number;
  readonly onEvent?: (event: RunEvent) => void;
  readonly waits?: Waits;
}

/**
 * Runs the state machine on this machine, as Step Functions would on AWS.
 * Throws {@link UnsupportedDefinition} before anything runs where it could not.
 */
export async function runStateMachine(options: RunOptions): Promise<RunResult> {
  const { executionName, maxConcurrency, handlers, storeOf, waits = 'real', onEvent = () => {} } = options;
  const definition = supported(options.definition);
  const machine = prepare(definition);
  const tasks: Record<string, Task> = localTasks(definition.States, options);
  for (const [name, state] of Object.entries(definition.States)) {
    if (state.Type !== 'Map') continue;
    tasks[name] = distributedMap(name, state, { executionName, maxConcurrency, handlers, storeOf, waits, onEvent });
  }
  const input = z.json().parse(options.input);
  try {
    const context = { Execution: { Name: executionName } };
    return { status: 'succeeded', output: await interpret(machine, input, { context, tasks, waits, onEvent }) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { status: 'failed', error: error.name, cause: plainCause(error.message) };
  }
}

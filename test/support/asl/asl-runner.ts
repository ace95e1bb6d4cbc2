import * as z from 'zod';
import { plainCause } from '../../../lib/contract/failure-cause.ts';
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
  readonly input: unknown;
  /** `$$.Execution.Name`. */
  readonly executionName: string;
  /** Children of a map at once, beside the map's own limit. */
  readonly maxConcurrency: number;
  readonly onEvent?: (event: RunEvent) => void;
  readonly waits?: Waits;
}

/**
 * Runs the state machine on this machine, as Step Functions would on AWS. Throws {@link UnsupportedDefinition} before
 * anything runs where it could not.
 */
export const runStateMachine = async (options: RunOptions & { readonly definition: unknown }): Promise<RunResult> =>
  stateMachine(options.definition)(options);

/** The state machine, checked once to be run any number of times; otherwise as {@link runStateMachine}. */
export function stateMachine(definition: unknown): (options: RunOptions) => Promise<RunResult> {
  const checked = supported(definition);
  const machine = prepare(checked);
  const maps = Object.entries(checked.States).flatMap(([name, state]) =>
    state.Type === 'Map' ? [{ name, state, child: prepare(state.ItemProcessor) }] : [],
  );
  return async (options) => {
    const { executionName, maxConcurrency, handlers, storeOf, waits = 'real', onEvent = () => {} } = options;
    const tasks: Record<string, Task> = localTasks(checked.States, options);
    for (const { name, state, child } of maps) {
      const given = { executionName, maxConcurrency, handlers, storeOf, waits, onEvent };
      tasks[name] = distributedMap(name, state, child, given);
    }
    const input = z.json().parse(options.input);
    try {
      const context = { Execution: { Name: executionName, Input: input } };
      return { status: 'succeeded', output: await interpret(machine, input, { context, tasks, waits, onEvent }) };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { status: 'failed', error: error.name, cause: plainCause(error.message) };
    }
  };
}

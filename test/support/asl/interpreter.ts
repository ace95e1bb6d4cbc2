import { isDeepStrictEqual } from 'node:util';
import {
  ExecutionError,
  ExecutionTimeoutError,
  StateMachine,
  type StateMachineDefinition,
} from 'aws-local-stepfunctions';
import * as z from 'zod';
import { LAMBDA, MOST_SECONDS, type States, UnsupportedDefinition } from './asl.ts';
import type { Json } from './asl-templates.ts';
import { named, type Task } from './local-tasks.ts';

/** `skipped`: Wait states and pauses before a retry last no time. */
export type Waits = 'real' | 'skipped';

/** What happens to a state while a machine runs. `rule`: the place, from 0, of what was taken in its Retry or Catch. */
export type StateEvent = { readonly state: string; readonly child?: Child } & (
  | { readonly type: 'state_entered' }
  | { readonly type: 'state_exited'; readonly output: unknown }
  | { readonly type: 'state_retried'; readonly rule: number; readonly error: string; readonly attempt: number }
  | { readonly type: 'state_caught'; readonly rule: number; readonly error: string }
);

/** Which of a map's children the state is of. */
export interface Child {
  readonly map: string;
  readonly item: number;
}

/** A machine that can be interpreted, any number of times at once. */
export interface Machine {
  readonly states: States;
  readonly interpreter: StateMachine;
}

export interface Interpretation {
  /** `$$`. */
  readonly context: { readonly Execution?: { readonly Name: string; readonly Input: Json } };
  /** What the Task states do, and the Map states, by state name. */
  readonly tasks: Readonly<Record<string, Task>>;
  readonly waits: Waits;
  readonly onEvent: (event: StateEvent) => void;
  /** Ends the execution at once. What a task is at then goes on by itself. */
  readonly signal?: AbortSignal;
}

interface MachineDefinition {
  readonly StartAt: string;
  readonly TimeoutSeconds?: number | undefined;
  readonly States: States;
}

/** The definition made ready. Throws {@link UnsupportedDefinition} where it is not sound: a Next that leads nowhere, say. */
export function prepare(definition: MachineDefinition): Machine {
  try {
    return {
      states: definition.States,
      interpreter: new StateMachine(lowered(definition)),
    };
  } catch (error) {
    throw new UnsupportedDefinition(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Runs the machine to its end. Rejects with the error that failed it: its name is the execution's Error, its message the Cause. */
export async function interpret(machine: Machine, input: Json, options: Interpretation): Promise<Json> {
  const { context, tasks, waits, onEvent, signal } = options;
  const execution = machine.interpreter.run(input, {
    context: { ...context },
    overrides: { taskResourceLocalHandlers: { ...tasks }, ...(waits === 'skipped' ? noWaits(machine.states) : {}) },
  });
  signal?.addEventListener('abort', execution.abort, { once: true });
  // Both to their ends: the last events tell of what the result says.
  const [result, told] = await Promise.allSettled([
    execution.result,
    tell(execution.eventLogs, machine.states, onEvent),
  ]);
  signal?.removeEventListener('abort', execution.abort);
  if (told.status === 'rejected') throw told.reason;
  if (result.status === 'fulfilled') return result.value;
  throw itself(result.reason);
}

/** A template's value, for the input and the context object given. */
export async function evaluate(template: Json, input: Json, context: Readonly<Record<string, unknown>>): Promise<Json> {
  const pass = new StateMachine(
    { StartAt: 'Evaluate', States: { Evaluate: { Type: 'Pass', Parameters: template, End: true } } },
    { validationOptions: { noValidate: true } },
  );
  try {
    return await pass.run(input, { context: { ...context } }).result;
  } catch (error) {
    throw itself(error);
  }
}

// The interpreter checks what it is given, by a schema of the whole language.
const Runnable = z.custom<StateMachineDefinition>();

/** The machine with each Distributed Map in the shape of a task, which it is to the interpreter. */
function lowered({ StartAt, TimeoutSeconds, States }: MachineDefinition): StateMachineDefinition {
  const states = Object.entries(States).map(([name, state]) => {
    if (state.Type !== 'Map') return [name, state];
    const { InputPath, ResultPath, Retry, Catch, Next, End } = state;
    const kept = { InputPath, ResultPath, Retry, Catch, Next, End };
    return [name, { Type: 'Task', Resource: LAMBDA, TimeoutSeconds: MOST_SECONDS, ...kept }];
  });
  return Runnable.parse(JSON.parse(JSON.stringify({ StartAt, TimeoutSeconds, States: Object.fromEntries(states) })));
}

const noWaits = (states: States) => ({
  waitTimeOverrides: Object.fromEntries(Object.keys(states).map((name) => [name, 0])),
  retryIntervalOverrides: Object.fromEntries(Object.keys(states).map((name) => [name, 0])),
});

type Events = ReturnType<StateMachine['run']>['eventLogs'];

async function tell(events: Events, states: States, onEvent: Interpretation['onEvent']): Promise<void> {
  let error = '';
  for await (const event of events) {
    if (event.type === 'StateFailed') error = event.Error;
    if (event.type === 'StateEntered') onEvent({ type: 'state_entered', state: event.state.name });
    if (event.type === 'StateExited') {
      onEvent({ type: 'state_exited', state: event.state.name, output: event.state.output });
    }
    if (event.type === 'StateRetried') {
      const { name } = event.state;
      const rule = placeOf(event.retry.retrier, rulesOf(states[name]).Retry);
      onEvent({ type: 'state_retried', state: name, rule, error, attempt: event.retry.attempt });
    }
    if (event.type === 'StateCaught') {
      const { name } = event.state;
      const rule = placeOf(event.catch.catcher, rulesOf(states[name]).Catch);
      onEvent({ type: 'state_caught', state: name, rule, error });
    }
  }
}

interface Rules {
  readonly Retry?: readonly unknown[] | undefined;
  readonly Catch?: readonly unknown[] | undefined;
}

const rulesOf = (state: States[string] | undefined): Rules =>
  state?.Type === 'Task' || state?.Type === 'Map' ? state : {};

const placeOf = (rule: unknown, rules: readonly unknown[] = []): number =>
  rules.findIndex((each) => isDeepStrictEqual(each, rule));

/** The error that the interpreter wraps. */
function itself(error: unknown): unknown {
  if (error instanceof ExecutionTimeoutError) return named('States.Timeout', 'The execution timed out.', error);
  return error instanceof ExecutionError ? error.cause : error;
}

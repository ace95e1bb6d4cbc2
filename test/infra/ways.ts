import type { Definition } from '../support/asl/asl.ts';
import type { RunEvent } from '../support/asl/asl-runner.ts';

/**
 * A state machine's ways, each as a line: `Evaluate > AlreadyCommitted`, `Evaluate retries StoreUnavailable`,
 * `Evaluate gives up Retry 0`, `Evaluate catches States.ALL > EvaluateFailed`, `BuildShards/BuildShard > end`.
 */

type States = Definition['States'];
type State = States[string];

/** All that there are, those of the maps' children too. */
export function waysOf({ States }: Pick<Definition, 'States'>, within = ''): string[] {
  return Object.entries(States).flatMap(([name, state]) => [
    `${within}${name}`,
    ...onward(state).map((to) => `${within}${name} > ${to}`),
    ...rulesOf(state).Retry.flatMap(({ ErrorEquals }, rule) => [
      ...ErrorEquals.map((error) => `${within}${name} retries ${error}`),
      `${within}${name} gives up Retry ${rule}`,
    ]),
    ...rulesOf(state).Catch.flatMap(({ ErrorEquals, Next }) =>
      ErrorEquals.map((error) => `${within}${name} catches ${error} > ${Next}`),
    ),
    ...(state.Type === 'Map' ? waysOf(state.ItemProcessor, `${name}/`) : []),
  ]);
}

function onward(state: State): string[] {
  if (state.Type === 'Choice') {
    return [...state.Choices.map(({ Next }) => Next), ...(state.Default === undefined ? [] : [state.Default])];
  }
  if ('End' in state && state.End) return ['end'];
  return 'Next' in state && state.Next !== undefined ? [state.Next] : [];
}

/** Those that an execution took, by what the engine told of it. */
export function waysTaken(machine: Definition, events: readonly RunEvent[]): Set<string> {
  const taken = new Set<string>();
  /** By the machine or the child: the state that it is in, and how it leaves it. */
  const at = new Map<string, { state: string; leaving: string }>();
  for (const event of events) {
    // Of a map that is entered again: its child is another.
    if (event.type === 'item_started') at.delete(`${event.state}/${event.item}`);
    if (!isOfState(event)) continue;
    const within = event.child ? `${event.child.map}/` : '';
    const place = event.child ? `${event.child.map}/${event.child.item}` : '';
    const name = `${within}${event.state}`;
    const state = stateOf(machine, event);
    if (event.type === 'state_entered') {
      const before = at.get(place);
      if (before) taken.add(`${before.state}${before.leaving} > ${event.state}`);
      taken.add(name);
      at.set(place, { state: name, leaving: '' });
    }
    if (event.type === 'state_retried')
      taken.add(`${name} retries ${named(rulesOf(state).Retry[event.rule], event.error)}`);
    if (event.type === 'state_caught') {
      at.set(place, { state: name, leaving: ` catches ${named(rulesOf(state).Catch[event.rule], event.error)}` });
      const spent = rulesOf(state).Retry.findIndex(({ ErrorEquals }) => covers(ErrorEquals, event.error));
      if (spent !== -1) taken.add(`${name} gives up Retry ${spent}`);
    }
    if (event.type === 'state_exited' && at.get(place)?.leaving === '' && onward(state).includes('end')) {
      taken.add(`${name} > end`);
    }
  }
  return taken;
}

type StateEvent = Extract<RunEvent, { type: `state_${string}` }>;
const isOfState = (event: RunEvent): event is StateEvent => event.type.startsWith('state_');

function stateOf({ States }: Definition, { state, child }: StateEvent): State {
  const map = child && States[child.map];
  const found = map?.Type === 'Map' ? map.ItemProcessor.States[state] : States[state];
  if (!found) throw new Error(`The machine has no state ${state}.`);
  return found;
}

interface Rule {
  readonly ErrorEquals: readonly string[];
}

const rulesOf = (state: State) =>
  state.Type === 'Task' || state.Type === 'Map'
    ? { Retry: state.Retry ?? [], Catch: state.Catch ?? [] }
    : { Retry: [], Catch: [] };

/** What of the rule the error is: its own name, or the one that stands for all. */
const named = (rule: Rule | undefined, error: string): string =>
  rule?.ErrorEquals.find((name) => name === error) ?? 'States.ALL';

const covers = (names: readonly string[], error: string): boolean =>
  names.includes(error) || names.includes('States.ALL');

import type { ChoiceRule, Machine, State, States } from '../infra/asl.ts';

/**
 * A state machine's definition as a Mermaid flowchart, which GitHub draws. What only a Catch leads to is named beneath
 * it, not drawn: every state would have a line there.
 */
export function statePicture(machine: Machine): string {
  const lines = ['flowchart TD', ...drawn(machine, 1)];
  const undrawn = [machine, ...childrenOf(machine)].flatMap((each) => {
    const ordinary = new Set(ordinaryStates(each));
    return Object.keys(each.States).filter((name) => !ordinary.has(name));
  });
  const after = undrawn.map((name) => `\`${name}\``).join(', ');
  return `\`\`\`mermaid\n${lines.join('\n')}\n\`\`\`\n\nNot drawn, because a Catch leads there from every state that can fail: ${after}.\n`;
}

const childrenOf = ({ States }: Machine): Machine[] =>
  Object.values(States).flatMap((state) => (state.Type === 'Map' ? [state.ItemProcessor] : []));

/** Those that are reached without a failure, in the order in which they are. */
function ordinaryStates({ StartAt, States }: Machine): string[] {
  const met = new Set([StartAt]);
  for (const name of met) {
    for (const { to } of waysFrom(name, States)) met.add(to);
  }
  return [...met];
}

function drawn(machine: Machine, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const names = ordinaryStates(machine);
  const nodes = names.flatMap((name) => nodeOf(name, stateOf(name, machine.States), depth));
  const ways = names.flatMap((name) =>
    waysFrom(name, machine.States).map(({ to, when }) => `${indent}${name} -->${when ? `|"${when}"|` : ''} ${to}`),
  );
  return [...nodes, ...ways];
}

function nodeOf(name: string, state: State, depth: number): string[] {
  const indent = '  '.repeat(depth);
  if (state.Type === 'Map') {
    const title = `${name}: a child execution per item`;
    return [`${indent}subgraph ${name}["${title}"]`, ...drawn(state.ItemProcessor, depth + 1), `${indent}end`];
  }
  const [open, close] = SHAPES[state.Type];
  return [`${indent}${name}${open}"${name}"${close}`];
}

const SHAPES = {
  Task: ['[', ']'],
  Pass: ['[/', '/]'],
  Choice: ['{', '}'],
  Wait: ['{{', '}}'],
  Succeed: ['([', '])'],
  Fail: ['[[', ']]'],
} as const;

interface Way {
  readonly to: string;
  readonly when?: string;
}

/** A state's ways on, its failures aside. */
function waysFrom(name: string, states: States): Way[] {
  const state = stateOf(name, states);
  if (state.Type === 'Choice') {
    return [
      ...state.Choices.map((choice) => ({ to: choice.Next, when: condition(choice) })),
      { to: state.Default, when: 'else' },
    ];
  }
  return 'Next' in state && state.Next !== undefined ? [{ to: state.Next }] : [];
}

/** `status is workflow`, `round.done is false`: quotation marks and dollars mean something to Mermaid. */
const condition = ({ Variable, StringEquals, BooleanEquals }: ChoiceRule): string =>
  `${Variable.replace(/^\$\./, '')} is ${StringEquals ?? BooleanEquals}`;

function stateOf(name: string, states: States): State {
  const state = states[name];
  if (!state) throw new Error(`The state machine leads to ${name}, which it does not have.`);
  return state;
}

import type { Message } from '../contract/trajectory.ts';
import { normalizeMessages } from '../preferences/normal-form.ts';
import { isAssistant, saysSomething } from './conversation.ts';
import { sortedText } from './json/sort-keys.ts';
import type { UnitAnswer } from './take-unit.ts';

type Rollout = ReturnType<typeof readRollout>;

/**
 * The turns at which rollouts part. They form a tree by the normal form of their messages; a node that differing messages
 * of the assistant follow is a turn, each of these messages one answer, its score the mean of the rollouts behind it.
 *
 * `toolsOf` a candidate tells rollouts with other tools apart: these are part of what the model was given.
 */
export function findDivergences(
  answers: readonly UnitAnswer[],
  toolsOf: (candidate: number) => readonly unknown[] | undefined,
): readonly UnitAnswer[] {
  const rollouts = answers.map(readRollout);
  const offered = ({ answer }: Rollout) => sortedText(answer.from.map((index) => toolsOf(index) ?? []));
  const found: UnitAnswer[] = [];
  const turnIds = new Map<number, number>();
  // A stack, not a recursion: conversations have thousands of messages. What is pushed last is looked at first.
  const nodes: { readonly members: readonly Rollout[]; readonly depth: number }[] = [];
  for (const members of [...Map.groupBy(rollouts, offered).values()].reverse()) nodes.push({ members, depth: 0 });
  for (let node = nodes.pop(); node; node = nodes.pop()) {
    const { members, depth } = node;
    const children = childrenOf(members, depth);
    const competing = children.filter((child) => isAnswer(child, depth));
    if (competing.length > 1) {
      const count = (turnIds.get(depth) ?? 0) + 1;
      turnIds.set(depth, count);
      const turnId = count === 1 ? `${depth}` : `${depth}.${count}`;
      found.push(...competing.map((child) => answerOf(child, depth, turnId)));
    }
    for (const child of children.toReversed()) {
      if (child.length > 1) nodes.push({ members: child, depth: depth + 1 });
    }
  }
  return found;
}

/** `given`: messages of the prompt, which are nobody's answers. */
function readRollout(answer: UnitAnswer) {
  const { prompt, response } = answer;
  const given = typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
  const made = typeof response === 'string' ? [{ role: 'assistant', content: response }] : [response].flat();
  const messages: readonly Message[] = [...given, ...made];
  return { answer, messages, normal: normalizeMessages(messages), given: given.length };
}

/** The rollouts that go on, by their next message. */
const childrenOf = (members: readonly Rollout[], depth: number): readonly (readonly Rollout[])[] => [
  ...Map.groupBy(
    members.filter(({ normal }) => depth < normal.length),
    ({ normal }) => normal[depth],
  ).values(),
];

const isAnswer = (child: readonly Rollout[], depth: number): boolean =>
  child.every(({ given, messages }) => {
    const message = messages[depth];
    return depth >= given && message !== undefined && isAssistant(message) && saysSomething(message);
  });

function answerOf(child: readonly Rollout[], depth: number, turnId: string): UnitAnswer {
  const [first] = child;
  const message = first?.messages[depth];
  if (!first || !message) throw new RangeError(`no rollout has a message ${depth}`);
  // Summed in one order, whatever the order of the rollouts: it decides the last bit.
  const scores = child.map(({ answer }) => answer.score).sort((a, b) => a - b);
  return {
    turnId,
    // A prompt of text stays text.
    prompt: depth === first.given ? first.answer.prompt : first.messages.slice(0, depth),
    response: isPlain(message) ? message.content : message,
    score: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    from: child.flatMap(({ answer }) => answer.from),
  };
}

const isPlain = (message: Message): message is Message & { content: string } =>
  typeof message.content === 'string' && Object.keys(message).length === 2;

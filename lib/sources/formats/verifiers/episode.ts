import type { Message } from '../../../contract/trajectory.ts';
import { isAssistant, readMessage, readTools, splitConversation } from '../../conversation.ts';
import { isObject, type JsonObject } from '../../json/exact-json.ts';
import { listOf, memberOf, objectsIn } from '../../json/members.ts';
import { joinKeys, readKey } from '../../read-key.ts';
import { readScore } from '../../read-score.ts';
import {
  lost,
  PLAIN_CANDIDATE,
  type SourceCandidate,
  type SourceLoss,
  type SourceScore,
} from '../../source-candidate.ts';

/** A line of `traces.jsonl`: the traces of all agents that worked on one task together. */
export const isEpisode = (record: unknown): boolean =>
  isObject(record) && Array.isArray(record.traces) && record.traces.length > 0 && record.traces.every(isTrace);

const isTrace = (trace: unknown): boolean =>
  isObject(trace) && isObject(trace.task) && isObject(trace.agent) && Array.isArray(trace.nodes);

export const readEpisode = (traces: readonly unknown[]): readonly SourceCandidate[] =>
  traces.map((trace, at) => readTrace(isObject(trace) ? trace : {}, `/traces/${at}`));

function readTrace(trace: JsonObject, at: string): SourceCandidate {
  const nodes = listOf(trace.nodes).map((node) => (isObject(node) ? node : {}));
  const leaves = findLeaves(nodes);
  const branch = branchTo(nodes, leaves.at(-1));
  const messages = branch?.map(({ message }) => readMessage(message)) ?? [];
  const complete = branch !== undefined && messages.every((message) => message !== undefined);
  const read = messages.filter((message) => message !== undefined);
  return {
    ...PLAIN_CANDIDATE,
    group: readGroup(trace),
    id: readKey(trace.id) ?? null,
    at,
    conversation: splitAtSampled(read, branch?.findIndex(({ sampled }) => sampled === true) ?? -1),
    scores: readRewards(trace.rewards),
    record: trace,
    tools: readTools(branch?.[0]?.tools) ?? readTools(trace.tools),
    flags: [...(isTruncated(trace) ? ['truncated'] : []), ...(leaves.length > 1 ? [`branches:${leaves.length}`] : [])],
    loss:
      readError(trace) ??
      (complete ? undefined : lost('invalid_messages', 'its nodes do not lead from a message back to a root')),
  };
}

/** The key is the task's content; the agents of an episode do different work on it. */
function readGroup({ task, agent }: JsonObject): string | undefined {
  const key = readKey(memberOf(task, 'key')) ?? readKey(memberOf(task, 'hash'));
  return key === undefined ? undefined : joinKeys([key, readKey(memberOf(agent, 'name')) ?? 'agent']);
}

/** Indices of the nodes that are nobody's parent, in order. A branch leads to each; the library takes the last for the whole. */
function findLeaves(nodes: readonly JsonObject[]): number[] {
  const parents = new Set(nodes.map(({ parent }) => parent));
  return [...nodes.keys()].filter((index) => !parents.has(index));
}

/** From the root on. Undefined where the parents lead nowhere, or in a circle. */
function branchTo(nodes: readonly JsonObject[], leaf: number | undefined): readonly JsonObject[] | undefined {
  const branch: JsonObject[] = [];
  for (let at: unknown = leaf; at !== undefined && at !== null; ) {
    const node = typeof at === 'number' ? nodes[at] : undefined;
    if (!node || branch.length >= nodes.length) return undefined;
    branch.push(node);
    at = node.parent;
  }
  return branch.reverse();
}

/** An assistant's message that no model call made is part of the prompt. */
const splitAtSampled = (messages: readonly Message[], sampled: number): SourceCandidate['conversation'] =>
  sampled === -1 || !messages.slice(sampled).some(isAssistant)
    ? splitConversation(messages, [])
    : splitConversation(messages.slice(0, sampled), messages.slice(sampled));

/** Each reward by its name, and `reward`, their weighted sum. A reward that is null was never given: no sum stands for all. */
function readRewards(found: unknown): Readonly<Record<string, SourceScore>> {
  const rewards = isObject(found) ? Object.entries(found) : [];
  const scores = rewards.map(([name, reward]) => [name, readReward(reward, name)] as const);
  // One of them may be called `reward` too.
  return Object.fromEntries([
    ['reward', sumRewards(rewards)] as const,
    ...scores.filter(([name]) => name !== 'reward'),
  ]);
}

const readReward = (reward: unknown, name: string): SourceScore =>
  readScore(memberOf(reward, 'score'), `the score of reward ${name}`);

function sumRewards(rewards: readonly (readonly [string, unknown])[]): SourceScore {
  if (rewards.length === 0) return { loss: lost('missing_score', 'it has no rewards') };
  let sum = 0;
  for (const [name, reward] of rewards) {
    const score = readReward(reward, name);
    const weight = readScore(memberOf(reward, 'weight') ?? 1, `the weight of reward ${name}`);
    if ('loss' in score) return score;
    if ('loss' in weight) return weight;
    sum += score.value * weight.value;
  }
  return { value: sum };
}

/** What the library's own `is_truncated` says; it is not in the file. */
function isTruncated({ stop_condition, calls }: JsonObject): boolean {
  if (typeof stop_condition === 'string' && LIMITS.has(stop_condition)) return true;
  const last = objectsIn(calls).findLast(({ error }) => (error ?? null) === null);
  return last?.finish_reason === 'length';
}

const LIMITS: ReadonlySet<string> = new Set([
  'max_turns',
  'max_input_tokens',
  'max_output_tokens',
  'max_total_tokens',
  'compaction_failed',
]);

function readError({ ok, errors }: JsonObject): SourceLoss | undefined {
  if (ok !== false) return undefined;
  const type = readKey(memberOf(listOf(errors).at(-1), 'type'));
  return lost('error', type === undefined ? 'its trace is not ok' : `its last error is a ${type}`);
}

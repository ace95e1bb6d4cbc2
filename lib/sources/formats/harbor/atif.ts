import type { Message } from '../../../contract/trajectory.ts';
import { readContent, readMessage, splitConversation } from '../../conversation.ts';
import { isObject, type JsonObject } from '../../json/exact-json.ts';
import { memberOf, objectsIn } from '../../json/members.ts';
import type { Conversation } from '../../source-candidate.ts';

/**
 * The conversation of ATIF trajectories that go on in one another. Undefined: one is missing, or is no trajectory. Steps
 * that a file copies from the one before are in that one already.
 */
export function readTrajectory(files: readonly unknown[]): Conversation | undefined {
  const steps = files.map((file) => (isObject(file) && Array.isArray(file.steps) ? file.steps : undefined));
  if (!steps.every((list) => list !== undefined)) return undefined;
  const whole = steps.flatMap((list, at) => (at === 0 ? list : list.filter((step) => !isCopied(step))));
  const found = whole.findIndex(isOfModel);
  const begin = found === -1 ? whole.length : found;
  const [given, answered] = [readSteps(whole.slice(0, begin)), readSteps(whole.slice(begin))];
  return given && answered && splitConversation(given, answered);
}

const isCopied = (step: unknown): boolean => memberOf(step, 'is_copied_context') === true;

/** An agent's step may be copied from another run, or be a fixed one that no model was asked for. */
const isOfModel = (step: unknown): boolean =>
  isObject(step) && step.source === 'agent' && !isCopied(step) && step.llm_call_count !== 0;

function readSteps(steps: readonly unknown[]): readonly Message[] | undefined {
  const messages = steps.flatMap((step) => (isObject(step) ? readStep(step) : [undefined]));
  return messages.every((message) => message !== undefined) ? messages : undefined;
}

function readStep(step: JsonObject): (Message | undefined)[] {
  const role = ROLES.get(step.source);
  if (role === undefined) return [undefined];
  const message = readMessage({
    role,
    content: readParts(step.message),
    reasoning_content: step.reasoning_content,
    tool_calls: Array.isArray(step.tool_calls) ? step.tool_calls.map(readCall) : undefined,
  });
  return [message, ...objectsIn(memberOf(step.observation, 'results')).flatMap(readResult)];
}

const ROLES: ReadonlyMap<unknown, string> = new Map([
  ['system', 'system'],
  ['user', 'user'],
  ['agent', 'assistant'],
]);

const readCall = (call: unknown): unknown =>
  isObject(call) ? { id: call.tool_call_id, name: call.function_name, arguments: call.arguments } : call;

/** An agent that calls no tools, but writes commands as text, sees their output as the user's. */
function readResult({ source_call_id, content }: JsonObject): Message[] {
  const read = readContent(readParts(content));
  if (typeof source_call_id === 'string') return [{ role: 'tool', content: read, tool_call_id: source_call_id }];
  // Nothing but the trajectory of a sub-agent.
  return read === '' ? [] : [{ role: 'user', content: read }];
}

const readParts = (content: unknown): unknown => (Array.isArray(content) ? content.map(readPart) : content);

/** Images lie in files beside the trajectory, or under a URL. */
const readPart = (part: unknown): unknown =>
  isObject(part) && part.type === 'image' && isObject(part.source)
    ? { type: 'image_url', image_url: { url: part.source.path } }
    : part;

import type { Message } from '../../../contract/trajectory.ts';
import { readMessage, readTools } from '../../conversation.ts';
import { unwrapJson } from '../../fields/unwrap-json.ts';
import { isObject, type JsonObject } from '../../json/exact-json.ts';
import { readKey } from '../../read-key.ts';
import { lost } from '../../source-candidate.ts';
import type { SpokenCall } from './trace.ts';

/**
 * OpenInference's conventions: messages in attributes of numbered keys (`llm.input_messages.0.message.role`), or nested as
 * Phoenix exports them. Undefined: the span is no call of a model.
 */
export function readOpenInferenceCall(attributes: JsonObject, kind: unknown): SpokenCall | undefined {
  const llm = child(attributes, 'llm');
  const kindOfSpan = readKey(kind ?? child(child(child(attributes, 'openinference'), 'span'), 'kind'));
  if (kindOfSpan?.toUpperCase() !== 'LLM') return undefined;
  const given = numbered(child(llm, 'input_messages')).flatMap(readNumberedMessage);
  return {
    given,
    answered: numbered(child(llm, 'output_messages')).slice(0, 1).flatMap(readNumberedMessage),
    tools: readTools(
      numbered(child(llm, 'tools')).map((tool) => unwrapJson(child(child(tool, 'tool'), 'json_schema'))),
    ),
    truncated: isCutShort(child(llm, 'finish_reason')),
    ...(given.length === 0 && { loss: lost('no_content', 'its first call of a model has no input messages') }),
  };
}

const isCutShort = (reason: unknown): boolean => reason === 'length' || reason === 'max_tokens';

function readNumberedMessage(found: unknown): readonly Message[] {
  const message = child(found, 'message');
  const calls = numbered(child(message, 'tool_calls')).map((call) => {
    const called = child(call, 'tool_call');
    const named = child(called, 'function');
    return { id: child(called, 'id'), function: { name: child(named, 'name'), arguments: child(named, 'arguments') } };
  });
  const read = readMessage({
    role: child(message, 'role'),
    content: child(message, 'content') ?? readContents(child(message, 'contents')),
    name: child(message, 'name'),
    tool_calls: calls,
    tool_call_id: child(message, 'tool_call_id'),
  });
  return read ? [read] : [];
}

const readContents = (found: unknown): unknown => {
  const parts = numbered(found).map((part) => {
    const content = child(part, 'message_content');
    const [type, text] = [child(content, 'type'), child(content, 'text')];
    return text === undefined ? part : { type: type ?? 'text', text };
  });
  return parts.length > 0 ? parts : undefined;
};

/** A member, or all members whose keys go on with it: `{'llm.tools': …}` has a child `llm` with a member `tools`. */
export function child(found: unknown, key: string): unknown {
  if (!isObject(found)) return undefined;
  if (Object.hasOwn(found, key)) return found[key];
  const members = Object.entries(found).filter(([name]) => name.startsWith(`${key}.`));
  return members.length === 0
    ? undefined
    : Object.fromEntries(members.map(([name, value]) => [name.slice(key.length + 1), value]));
}

/** The elements of a list, or of members with numbers for keys: 10 comes after 9. */
function numbered(found: unknown): readonly unknown[] {
  const list = unwrapJson(found);
  if (Array.isArray(list)) return list;
  if (!isObject(list)) return [];
  const elements = Map.groupBy(Object.entries(list), ([name]) => name.split('.', 1)[0] ?? '');
  return [...elements]
    .filter(([number]) => /^\d+$/.test(number))
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([number, members]) => child(Object.fromEntries(members), number));
}

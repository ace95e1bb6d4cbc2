import type { Message } from '../../../contract/trajectory.ts';
import { readMessage } from '../../conversation.ts';
import { isObject, type JsonObject } from '../../json/exact-json.ts';
import { listOf } from '../../json/members.ts';

/** Undefined: it is no message. */
export function readInspectMessage(found: unknown): Message | undefined {
  if (!isObject(found)) return undefined;
  const parts = listOf(found.content);
  const reasoning = parts.map(readReasoning).join('');
  const content = Array.isArray(found.content)
    ? parts.filter((part) => !isReasoning(part)).map(readPart)
    : (found.content ?? '');
  return readMessage({
    role: found.role,
    content: isFailure(found.error) && isEmpty(content) ? found.error.message : content,
    reasoning_content: reasoning,
    tool_calls: Array.isArray(found.tool_calls) ? found.tool_calls.map(readCall) : undefined,
    tool_call_id: found.tool_call_id,
  });
}

/** A tool that fails has no content: what the model saw is the message of its error. */
const isFailure = (error: unknown): error is { readonly message: string } =>
  isObject(error) && typeof error.message === 'string';

const isEmpty = (content: unknown): boolean => content === '' || (Array.isArray(content) && content.length === 0);

const isReasoning = (part: unknown): part is JsonObject => isObject(part) && part.type === 'reasoning';

/** A provider may keep the text and give a summary. */
function readReasoning(part: unknown): string {
  if (!isReasoning(part)) return '';
  const text = part.redacted === true ? part.summary : part.reasoning;
  return typeof text === 'string' ? text : '';
}

function readPart(part: unknown): unknown {
  if (!isObject(part)) return part;
  if (part.type === 'image') {
    const detail = typeof part.detail === 'string' && part.detail !== 'auto' ? { detail: part.detail } : {};
    return { type: 'image_url', image_url: { url: part.image, ...detail } };
  }
  if (part.type === 'audio') {
    return { type: 'input_audio', input_audio: { data: part.audio, format: part.format } };
  }
  return part;
}

/** Its `function` is the name, where OpenAI has an object. */
const readCall = (call: unknown): unknown =>
  isObject(call) ? { id: call.id, name: call.function, arguments: call.arguments } : call;

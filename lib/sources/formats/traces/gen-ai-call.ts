import type { Message } from '../../../contract/trajectory.ts';
import { readToolCall, readTools } from '../../conversation.ts';
import { unwrapJson } from '../../fields/unwrap-json.ts';
import { isObject, type JsonObject } from '../../json/exact-json.ts';
import { readKey } from '../../read-key.ts';
import type { SourceLoss } from '../../source-candidate.ts';
import type { SpokenCall } from './trace.ts';

/**
 * OpenTelemetry's conventions for generative AI: messages of parts, as JSON text on spans and as values in events.
 * Undefined: the span is no call of a model.
 */
export function readGenAiCall(attributes: JsonObject): SpokenCall | undefined {
  if (!CALLS.has(attributes['gen_ai.operation.name'])) return undefined;
  const given = readPartMessages(attributes['gen_ai.input.messages']);
  const output = unwrapJson(attributes['gen_ai.output.messages']);
  const [choice] = Array.isArray(output) ? output : [];
  const loss = given.length === 0 ? notHere(attributes) : undefined;
  return {
    given: [...readInstructions(attributes['gen_ai.system_instructions']), ...given],
    answered: readPartMessages(choice === undefined ? [] : [choice]),
    tools: readTools(unwrapJson(attributes['gen_ai.tool.definitions'])),
    truncated: finishReasons(attributes, choice).some((reason) => reason === 'length' || reason === 'max_tokens'),
    ...(loss && { loss }),
  };
}

const CALLS: ReadonlySet<unknown> = new Set(['chat', 'generate_content', 'text_completion']);

/** Whether the span or the event has what was said. */
export const hasContent = (attributes: JsonObject): boolean => attributes['gen_ai.input.messages'] !== undefined;

function notHere(attributes: JsonObject): SourceLoss {
  const elsewhere = Object.keys(attributes).some((key) => key.startsWith('gen_ai.') && key.endsWith('messages_ref'));
  return elsewhere
    ? { reason: 'content_elsewhere', detail: 'its messages were uploaded elsewhere; the span has only their address' }
    : {
        reason: 'no_content',
        detail: 'its messages were not captured (OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT)',
      };
}

const finishReasons = (attributes: JsonObject, choice: unknown): readonly unknown[] => {
  const reasons = attributes['gen_ai.response.finish_reasons'];
  return [...(Array.isArray(reasons) ? reasons : []), isObject(choice) ? choice.finish_reason : undefined];
};

function readInstructions(found: unknown): readonly Message[] {
  const parts = unwrapJson(found);
  if (typeof parts === 'string' && parts !== '') return [{ role: 'system', content: parts }];
  return Array.isArray(parts) && parts.length > 0 ? readPartMessages([{ role: 'system', parts }]) : [];
}

function readPartMessages(found: unknown): readonly Message[] {
  const messages = unwrapJson(found);
  return Array.isArray(messages) ? messages.filter(isObject).flatMap(readPartMessage) : [];
}

/** A result of a tool is a message of its own. */
function readPartMessage({ role, parts, name }: JsonObject): readonly Message[] {
  const all = Array.isArray(parts) ? parts.filter(isObject) : [];
  const results = all.filter(({ type }) => type === 'tool_call_response');
  if (results.length > 0 && results.length === all.length) return results.map(readToolResult);
  const calls = all.filter(({ type }) => type === 'tool_call').flatMap((part) => readToolCall(part) ?? []);
  const reasoning = all.filter(({ type }) => type === 'reasoning').map(({ content }) => readKey(content) ?? '');
  const message: Message = {
    role: readKey(role) ?? '',
    content: contentOf(all.filter(({ type }) => !APART.has(type))),
    ...(typeof name === 'string' && name !== '' && { name }),
    ...(reasoning.length > 0 && { reasoning_content: reasoning.join('') }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return [message, ...results.map(readToolResult)];
}

const APART: ReadonlySet<unknown> = new Set(['tool_call', 'tool_call_response', 'reasoning']);

/** The documentation's examples call it `result`. */
function readToolResult({ id, response, result }: JsonObject): Message {
  const said = response ?? result ?? '';
  return {
    role: 'tool',
    content: typeof said === 'string' ? said : JSON.stringify(said),
    ...(typeof id === 'string' && { tool_call_id: id }),
  };
}

const contentOf = (parts: readonly JsonObject[]): unknown =>
  parts.every(({ type, content }) => type === 'text' && typeof content === 'string')
    ? parts.map(({ content }) => content).join('')
    : parts.map((part) => (part.type === 'text' ? { type: 'text', text: part.content } : part));

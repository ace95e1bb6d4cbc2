import type { Message } from '../../../contract/trajectory.ts';
import { readToolCall, readTools } from '../../conversation.ts';
import { unwrapJson } from '../../fields/unwrap-json.ts';
import type { JsonObject } from '../../json/exact-json.ts';
import { listOf, memberOf, objectsIn } from '../../json/members.ts';
import { textOf } from '../../json/text-of.ts';
import { readKey } from '../../read-key.ts';
import { lost, type SourceLoss } from '../../source-candidate.ts';
import type { SpokenCall } from './trace.ts';

/**
 * OpenTelemetry's conventions for generative AI: messages of parts, as JSON text on spans and as values in events.
 * Undefined: the span is no call of a model.
 */
export function readGenAiCall(attributes: JsonObject): SpokenCall | undefined {
  if (!CALLS.has(attributes['gen_ai.operation.name'])) return undefined;
  const given = readPartMessages(attributes['gen_ai.input.messages']);
  const [choice] = listOf(unwrapJson(attributes['gen_ai.output.messages']));
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
    ? lost('content_elsewhere', 'its messages were uploaded elsewhere; the span has only their address')
    : lost('no_content', 'its messages were not captured (OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT)');
}

const finishReasons = (attributes: JsonObject, choice: unknown): readonly unknown[] => [
  ...listOf(attributes['gen_ai.response.finish_reasons']),
  memberOf(choice, 'finish_reason'),
];

function readInstructions(found: unknown): readonly Message[] {
  const parts = unwrapJson(found);
  if (typeof parts === 'string' && parts !== '') return [{ role: 'system', content: parts }];
  return Array.isArray(parts) && parts.length > 0 ? readPartMessages([{ role: 'system', parts }]) : [];
}

const readPartMessages = (found: unknown): readonly Message[] => objectsIn(unwrapJson(found)).flatMap(readPartMessage);

/** A result of a tool is a message of its own. */
function readPartMessage({ role, parts, name }: JsonObject): readonly Message[] {
  const all = objectsIn(parts);
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
const readToolResult = ({ id, response, result }: JsonObject): Message => ({
  role: 'tool',
  content: textOf(response ?? result),
  ...(typeof id === 'string' && { tool_call_id: id }),
});

const contentOf = (parts: readonly JsonObject[]): unknown =>
  parts.every(({ type, content }) => type === 'text' && typeof content === 'string')
    ? parts.map(({ content }) => content).join('')
    : parts.map((part) => (part.type === 'text' ? { type: 'text', text: part.content } : part));

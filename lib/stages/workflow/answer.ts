import type { WorkflowFailureReason } from '../../contract/workflow.ts';
import { isObject } from '../../sources/json/exact-json.ts';
import { parsePythonJson } from '../../sources/json/python-json.ts';
import { type Line, linesOf } from './lines.ts';

/** What a workflow streamed back. */
export interface Answer {
  /** The `data:` values, joined. */
  readonly text: string;
  /** The intermediate steps, each as the JSON text of a step in a NAT trace item. */
  readonly steps: readonly string[];
}

/** Why there is no answer. `detail` has the server's own words at most as far as they name an error. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly reason: WorkflowFailureReason;

  constructor(reason: WorkflowFailureReason, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.reason = reason;
  }
}

/**
 * Reads a NAT workflow's stream: `intermediate_data:` lines with a step's payload as JSON text within JSON, `data:`
 * lines with parts of the answer, and everything else of server-sent events, which is passed over. Errors come as a bare
 * JSON line or as `event: error`. Throws {@link NoAnswer} where that is not a whole answer; errors of `body` pass.
 */
export async function readAnswer(body: AsyncIterable<Uint8Array>): Promise<Answer> {
  const parts: string[] = [];
  const steps: string[] = [];
  let event = 'message';
  for await (const line of linesOf(body)) {
    const text = decode(line);
    const [, field, value = ''] = /^(intermediate_data|data|event): ?(.*)$/s.exec(text) ?? [];
    if (field === 'event') event = eventOf(value);
    else if (text.trim() === '') event = 'message';
    else if (event === 'error' && field === 'data') throw workflowError(value);
    else if (field === 'intermediate_data') steps.push(stepOf(value, line));
    else if (field === 'data') parts.push(partOf(value, line));
    else if (text.startsWith('{')) refuseError(text, line);
  }
  if (event === 'error') throw workflowError('');
  if (parts.length === 0) throw new NoAnswer('cut_stream', 'the stream ended without an answer: it has no data line');
  return { text: parts.join(''), steps };
}

/** NAT keeps the stream open after these until a person has answered. */
function eventOf(value: string): string {
  const event = value.trim();
  if (event === 'interaction_required') {
    throw new NoAnswer(
      event,
      'the workflow asks a person for input, and nobody can answer. Run it without such questions',
    );
  }
  if (event === 'oauth_required') {
    throw new NoAnswer(event, 'the workflow asks a person to sign in: give it credentials of its own');
  }
  return event;
}

/** A step as NAT's remote evaluation makes it; the payload's text stays as it was sent, but for numbers that are none. */
function stepOf(value: string, line: Line): string {
  const record = parsed(value);
  const payloadText = isObject(record) ? record.payload : undefined;
  const json = typeof payloadText === 'string' ? parsePythonJson(payloadText) : undefined;
  const payload = json?.value;
  if (!json || !isObject(payload)) {
    throw unreadable(
      line,
      'an intermediate step',
      !isObject(record) ? 'is not a JSON object' : 'has no JSON text of an object as its payload',
    );
  }
  const ancestry = {
    function_id: textOr(payload.UUID, 'remote_function_id'),
    function_name: textOr(payload.name, 'remote_function'),
    parent_id: null,
    parent_name: null,
  };
  // Line ends between tokens are the only ones JSON text can have.
  const oneLine = json.text.replaceAll(/[\r\n]+/g, ' ');
  return `{"parent_id":"remote","function_ancestry":${JSON.stringify(ancestry)},"payload":${oneLine}}`;
}

/** The part of the answer in a `data:` line: NAT's `{"value"}`, OpenAI's chunks (older NAT), or plain text (oldest). */
function partOf(value: string, line: Line): string {
  const chunk = parsed(value);
  if (!line.terminated && chunk === undefined && value.startsWith('{')) {
    throw unreadable(line, 'the last part of the answer', 'breaks off');
  }
  if (!isObject(chunk)) return value;
  if (chunk.code === 'workflow_error' && isWorkflowError(chunk)) throw workflowError(value);
  if (isTraceId(chunk)) return '';
  if (!('value' in chunk)) return contentOf(chunk) ?? value;
  if (typeof chunk.value !== 'string') return chunk.value === null ? '' : JSON.stringify(chunk.value);
  return isTraceId(parsed(chunk.value)) ? '' : chunk.value;
}

function contentOf(chunk: Readonly<Record<string, unknown>>): string | undefined {
  const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
  if (!isObject(choice)) return undefined;
  const message = isObject(choice.delta) ? choice.delta : choice.message;
  if (!isObject(message)) return undefined;
  return typeof message.content === 'string' ? message.content : '';
}

/** With tracing on, NAT sends the trace's id as if it were part of the answer. */
const isTraceId = (value: unknown): boolean =>
  isObject(value) && 'observability_trace_id' in value && Object.keys(value).length === 1;

function refuseError(text: string, line: Line): void {
  const bare = parsed(text);
  if (isWorkflowError(bare)) throw workflowError(text);
  if (bare === undefined && !line.terminated) throw unreadable(line, 'the last line', 'breaks off');
}

const isWorkflowError = (value: unknown): boolean =>
  isObject(value) && typeof value.code === 'string' && typeof value.message === 'string' && !('value' in value);

function workflowError(text: string): NoAnswer {
  const error = parsed(text);
  const code = isObject(error) ? textOr(error.code, 'error') : 'error';
  const message = isObject(error) ? textOr(error.message, '') : '';
  return new NoAnswer('workflow_error', [code, message].filter(Boolean).join(': ').slice(0, 200));
}

/** A line that broke off with the stream is a cut; a whole one that makes no sense is the workflow's. */
function unreadable(line: Line, what: string, why: string): NoAnswer {
  const reason = line.terminated ? 'unparsable_step' : 'cut_stream';
  return new NoAnswer(reason, `${what} (byte ${line.start}, ${line.bytes.length} bytes) ${why}`);
}

function decode(line: Line): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line.bytes);
  } catch {
    throw unreadable(line, 'a line', 'is not valid UTF-8');
  }
}

const parsed = (text: string): unknown => parsePythonJson(text)?.value;

const textOr = (value: unknown, otherwise: string): string =>
  typeof value === 'string' && value !== '' ? value : otherwise;

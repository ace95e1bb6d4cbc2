import { readTools, splitConversation } from '../../conversation.ts';
import { isObject, type JsonObject } from '../../json/exact-json.ts';
import { listOf, memberOf, objectsIn } from '../../json/members.ts';
import { joinKeys, readKey } from '../../read-key.ts';
import { lost, PLAIN_CANDIDATE, type SourceCandidate, type SourceLoss } from '../../source-candidate.ts';
import { readInspectMessage } from './message.ts';
import { readScores } from './score.ts';

/** What a log's header says of all its samples. */
export interface InspectTask {
  readonly name: string;
  readonly model: string | undefined;
}

/** A sample of one epoch. */
export function readSample(found: unknown, task: InspectTask, at?: string): SourceCandidate {
  const sample = isObject(found) ? found : {};
  const [id, epoch] = [readKey(sample.id), readKey(sample.epoch)];
  const raw = listOf(sample.messages);
  const messages = resolveAttachments(raw, sample.attachments);
  const read = listOf(messages).map(readInspectMessage);
  const whole = read.filter((message) => message !== undefined);
  const generated = beginOfGenerated(raw);
  const begin = generated === -1 ? whole.length : generated;
  return {
    ...PLAIN_CANDIDATE,
    group: id === undefined ? undefined : joinKeys([task.name, id]),
    index: typeof sample.epoch === 'number' ? sample.epoch : undefined,
    id: id === undefined ? null : `${id}#${epoch ?? ''}`,
    ...(at !== undefined && { at }),
    conversation: splitConversation(whole.slice(0, begin), whole.slice(begin)),
    scores: readScores(sample.scores),
    record: sample,
    tools: readTools(resolveAttachments(toolsOfCalls(sample, raw), sample.attachments)),
    flags: readFlags(sample),
    loss:
      readLoss(sample) ??
      (whole.length === read.length ? undefined : lost('invalid_messages', 'one of its messages has no role')),
    metadata: { model: task.model ?? null, uuid: readKey(sample.uuid) ?? null },
  };
}

/** Examples of the dataset may have messages of an assistant; the model's own say that they are generated. */
function beginOfGenerated(messages: readonly unknown[]): number {
  const marked = messages.findIndex((message) => isObject(message) && message.source === 'generate');
  if (marked !== -1) return marked;
  return messages.findIndex(
    (message) => isObject(message) && message.role === 'assistant' && message.source !== 'input',
  );
}

/**
 * What the calls that made these messages were offered, by name, in order. Other calls of the sample are those of
 * sub-agents and of scorers that ask a model.
 */
function toolsOfCalls(sample: JsonObject, messages: readonly unknown[]): readonly unknown[] {
  const made = new Set(messages.map((message) => memberOf(message, 'id')));
  const calls = objectsIn(sample.events).filter(({ event }) => event === 'model');
  const own = calls.filter((call) => made.has(idOfAnswer(call)));
  const byName = new Map<unknown, unknown>();
  for (const call of own.length > 0 ? own : calls.slice(0, 1)) {
    for (const tool of listOf(call.tools)) {
      const name = isObject(tool) ? tool.name : tool;
      if (!byName.has(name)) byName.set(name, tool);
    }
  }
  return [...byName.values()];
}

/** Never undefined: a message without an id was not made by a call without an answer. */
function idOfAnswer(call: unknown): unknown {
  const [choice] = listOf(memberOf(call, 'output', 'choices'));
  return memberOf(choice, 'message', 'id') ?? null;
}

/** Long texts and images stand apart, by digest or by index. One that is not there stays the reference that it is. */
function resolveAttachments(value: unknown, attachments: unknown): unknown {
  if (!isObject(attachments) && !Array.isArray(attachments)) return value;
  const texts = new Map(Object.entries(attachments));
  if (texts.size === 0) return value;
  const resolve = (inner: unknown): unknown => {
    if (typeof inner === 'string') {
      return inner.startsWith(REFERENCE) ? (texts.get(inner.slice(REFERENCE.length)) ?? inner) : inner;
    }
    if (Array.isArray(inner)) return inner.map(resolve);
    return isObject(inner)
      ? Object.fromEntries(Object.entries(inner).map(([key, entry]) => [key, resolve(entry)]))
      : inner;
  };
  return resolve(value);
}

const REFERENCE = 'attachment://';

function readFlags({ output, limit }: JsonObject): string[] {
  const reason = memberOf(listOf(memberOf(output, 'choices'))[0], 'stop_reason');
  const truncated = reason === 'max_tokens' || reason === 'model_length';
  const type = readKey(memberOf(limit, 'type'));
  return [...(truncated ? ['truncated'] : []), ...(type === undefined ? [] : [`limit:${type}`])];
}

/** A sample may have scores in spite of its error. One that was tried again and then ended well has no error. */
function readLoss({ error, invalidation }: JsonObject): SourceLoss | undefined {
  if ((error ?? null) !== null) return lost('error', 'the sample ended in an error');
  if ((invalidation ?? null) !== null) return lost('invalidated', 'someone marked the sample as invalid');
  return undefined;
}

import type { Message } from '../../../contract/trajectory.ts';
import { readMessages, readTools, splitConversation } from '../../conversation.ts';
import { isMessageList } from '../../dialects.ts';
import { unwrapJson } from '../../fields/unwrap-json.ts';
import { isObject, type JsonObject } from '../../json/exact-json.ts';
import { memberOf } from '../../json/members.ts';
import { readKey } from '../../read-key.ts';
import { readScore } from '../../read-score.ts';
import { type Conversation, lost, PLAIN_CANDIDATE, type SourceLoss } from '../../source-candidate.ts';
import type { RecordReading } from '../../source-format.ts';

/**
 * Lines of `results.jsonl`. What the environment adds stands between the library's own keys, so only these tell it. In a
 * table a failed rollout has no reward.
 */
export const areRollouts = (records: readonly unknown[]): boolean =>
  records.every((record) => has(record, 'example_id', 'prompt') && OWN_KEYS.some((key) => has(record, key))) &&
  records.some((record) => has(record, 'completion', 'reward'));

const OWN_KEYS = ['metrics', 'timing', 'stop_condition', 'is_truncated', 'generation_ms'];

const has = (record: unknown, ...keys: readonly string[]): boolean =>
  isObject(record) && keys.every((key) => key in record);

export function readRollout(record: unknown): RecordReading {
  if (!isObject(record) || !('completion' in record)) {
    return { rejected: lost('not_a_rollout', 'it has neither a completion nor traces') };
  }
  const conversation = readConversation(record.prompt, record.completion);
  return {
    candidates: [
      {
        ...PLAIN_CANDIDATE,
        group: readKey(record.example_id),
        conversation: conversation ?? splitConversation([], []),
        scores: { reward: readScore(record.reward, 'reward') },
        record,
        tools: readTools(record.tool_defs),
        flags: isTrue(record.is_truncated) ? ['truncated'] : [],
        loss: readError(record) ?? (conversation ? undefined : UNREADABLE),
      },
    ],
  };
}

/** Undefined: they are neither text nor messages. Without a completion there is an error, or nothing. */
function readConversation(writtenPrompt: unknown, writtenCompletion: unknown): Conversation | undefined {
  const prompt = unwrapMessages(writtenPrompt);
  const completion = Array.isArray(prompt) && writtenCompletion === '[]' ? [] : unwrapMessages(writtenCompletion);
  const given = readMessages(prompt ?? []);
  const answered = typeof completion === 'string' ? [text(completion)] : readMessages(completion ?? []);
  if (!given || !answered) return undefined;
  // A base model continues text: no chat template, no roles.
  if ([prompt, completion].every((part) => typeof part === 'string') || given.some(({ role }) => role === 'text')) {
    return { kind: 'text', prompt: joinTexts(given), response: joinTexts(answered), rendered: true };
  }
  return splitConversation(given, answered);
}

/** In a table messages are JSON text; whatever else is text is a base model's. */
function unwrapMessages(found: unknown): unknown {
  const unwrapped = unwrapJson(found);
  return Array.isArray(unwrapped) && isMessageList(unwrapped) ? unwrapped : found;
}

const text = (content: string): Message => ({ role: 'assistant', content });

const joinTexts = (messages: readonly Message[]): string =>
  messages.map(({ content }) => (typeof content === 'string' ? content : '')).join('');

/** Python's `True` in a table. */
const isTrue = (found: unknown): boolean => found === true || (typeof found === 'string' && /^true$/i.test(found));

/** A failed rollout has the reward 0. */
function readError({ error }: JsonObject): SourceLoss | undefined {
  if (error === undefined || error === null) return undefined;
  const name = readKey(memberOf(error, 'error'));
  return lost('error', name === undefined ? 'its error is not null' : `its error is a ${name}`);
}

const UNREADABLE = lost('invalid_messages', 'its prompt or completion is neither text nor a list of messages');

import type { Message } from '../../contract/trajectory.ts';
import { readMessage, saysSomething, splitConversation } from '../conversation.ts';
import { MESSAGES_WANTED, messagesOf, textOfParts } from '../dialects.ts';
import { isBlank } from '../json/blank-text.ts';
import { isNumber, sourceOf } from '../json/exact-json.ts';
import { kindOf } from '../json/kind-of.ts';
import { sortedText } from '../json/sort-keys.ts';
import { type Conversation, lost, type SourceLoss } from '../source-candidate.ts';
import { looksRendered } from './looks-rendered.ts';

/*
 * Conversations of prompts and answers as people write them: an answer is text, a message or messages; messages may hold
 * the prompt too.
 */

/** A conversation, with what is wrong with its answer; or why there is none. */
export type Answered =
  | { readonly conversation: Conversation; readonly loss?: SourceLoss }
  | { readonly rejected: SourceLoss };

/** A prompt that is read once, however many answers it has. */
export interface Asked {
  readonly conversation: Extract<Conversation, { kind: 'text' }>['prompt'];
  readonly messages: readonly Message[];
  readonly rendered: boolean;
  /** Whether messages that hold a prompt of their own say the same. */
  readonly isSaidBy: (messages: readonly Message[]) => boolean;
}

/** `rendered`: whether text has its chat template in it; undefined: told from the text. */
export function readPrompt(found: unknown, rendered?: boolean): Asked | { readonly rejected: SourceLoss } {
  const text = textOf(found);
  if (text !== undefined) {
    if (isBlank(text)) return EMPTY_PROMPT;
    return {
      conversation: text,
      messages: [{ role: 'user', content: text }],
      rendered: rendered ?? looksRendered(text),
      isSaidBy: (messages) => messages.some(({ role, content }) => role === 'user' && content === text),
    };
  }
  const messages = messagesOf(found);
  if (!messages) return noPrompt(found);
  if (!messages.some(saysSomething)) return EMPTY_PROMPT;
  let wanted: string | undefined;
  const isSaidBy = (others: readonly Message[]): boolean => {
    wanted ??= sortedText(messages);
    return others.length === messages.length && sortedText(others) === wanted;
  };
  return { conversation: messages, messages, rendered: false, isSaidBy };
}

export function readAnswered(asked: Asked | { readonly rejected: SourceLoss }, answer: unknown): Answered {
  const response = textOf(answer);
  if (response !== undefined) return 'rejected' in asked ? asked : answeredByText(asked, response);
  const messages = messagesOf(answer);
  if (!messages) return { rejected: lost('invalid_response', `the response is ${kindOf(answer)}; ${MESSAGES_WANTED}`) };
  if (messages[0]?.role === 'assistant') return 'rejected' in asked ? asked : answeredBy(asked.messages, messages);
  const { given, after } = splitWhole(messages);
  if (!('rejected' in asked) && !asked.isSaidBy(given)) {
    const detail = 'the response begins with messages that are not the assistant’s, and they differ from the prompt';
    return { rejected: lost('two_prompts', detail) };
  }
  return answeredBy(given, after);
}

/** Messages that hold both: the response is what follows the last turn of the user. */
export function readWhole(found: unknown): Answered {
  const messages = messagesOf(found);
  if (!messages) return { rejected: lost('invalid_messages', `the messages are ${kindOf(found)}; ${MESSAGES_WANTED}`) };
  const { given, after } = splitWhole(messages);
  return answeredBy(given, after);
}

/** Answers without a prompt of their own: what they begin with alike is the prompt. */
export function readAlike(answers: readonly unknown[]): readonly Answered[] {
  const texts = answers.map(textOf);
  if (texts.every((text) => text !== undefined)) return readTranscripts(texts);
  const lists = answers.map(messagesOf);
  if (!lists.every((list) => list !== undefined))
    return answers.map((answer) => readAnswered(noPrompt(undefined), answer));
  const shared = sharedPrompt(lists);
  return lists.map((list) => {
    const { given, after } = shared === undefined ? splitWhole(list) : splitAt(list, shared);
    return answeredBy(given, after);
  });
}

/** Messages whose last one is the assistant's: they hold the response. */
export const holdsResponse = (found: unknown): boolean =>
  Array.isArray(found) && readMessage(found.at(-1))?.role === 'assistant';

/** A number is what it is written as. */
const textOf = (found: unknown): string | undefined => {
  if (typeof found === 'string') return found;
  return isNumber(found) ? sourceOf(found) : textOfParts(found);
};

function answeredByText({ conversation: prompt, rendered }: Asked, response: string): Answered {
  const conversation = { kind: 'text', prompt, response, rendered } as const;
  if (!isBlank(response)) return { conversation };
  const detail = response === '' ? 'the response is empty' : 'the response is text without a visible character';
  return { conversation, loss: lost('empty_response', detail) };
}

/** The prompt is the list that is given, not a copy: many answers may have it. */
function answeredBy(given: readonly Message[], after: readonly Message[]): Answered {
  const { trajectory, prompt } = splitConversation([], after);
  const conversation: Conversation = {
    kind: 'messages',
    prompt: prompt.length === 0 ? given : [...given, ...prompt],
    trajectory,
  };
  if (trajectory.length === 0) return { conversation, loss: lost('no_answer', 'no message is the assistant’s') };
  return trajectory.some((message) => message.role === 'assistant' && saysSomething(message))
    ? { conversation }
    : { conversation, loss: lost('empty_response', 'the assistant’s messages are empty') };
}

const splitWhole = (messages: readonly Message[]) =>
  splitAt(messages, messages.findLastIndex(({ role }) => role === 'user') + 1);

const splitAt = (messages: readonly Message[], at: number) => ({
  given: messages.slice(0, at),
  after: messages.slice(at),
});

const noPrompt = (found: unknown): { readonly rejected: SourceLoss } => ({
  rejected:
    found === undefined || found === null
      ? lost('missing_prompt', `the prompt is ${kindOf(found)}`)
      : lost('invalid_prompt', `the prompt is ${kindOf(found)}; ${MESSAGES_WANTED}`),
});

/**
 * How many messages all lists begin with alike, so that the assistant speaks next in each. Undefined: it speaks next
 * nowhere in all of them, so their prompts differ.
 */
function sharedPrompt([first = [], ...others]: readonly (readonly Message[])[]): number | undefined {
  const differs = first.findIndex(
    (message, at) => !others.every((other) => other[at] && sortedText(other[at]) === sortedText(message)),
  );
  const alike = differs === -1 ? first.length : differs;
  const begin = first
    .slice(0, alike + 1)
    .findLastIndex((message, at) =>
      [message, ...others.map((other) => other[at])].every((one) => one?.role === 'assistant'),
    );
  return begin === -1 ? undefined : begin;
}

/** Transcripts as in Anthropic's data: `\n\nHuman: … \n\nAssistant: …`. The prompt goes on to the last turn that all share. */
function readTranscripts(texts: readonly string[]): readonly Answered[] {
  const [first = '', ...others] = texts;
  let alike = 0;
  while (alike < first.length && others.every((other) => other[alike] === first[alike])) alike++;
  const begin = first.slice(0, alike).lastIndexOf(ASSISTANT_TURN);
  if (begin === -1) {
    const detail = 'the answers are text, but the record has no prompt; name it with source.format.prompt';
    return texts.map(() => ({ rejected: lost('missing_prompt', detail) }));
  }
  const asked = readPrompt(first.slice(0, begin + ASSISTANT_TURN.length), true);
  return texts.map((text) => readAnswered(asked, text.slice(begin + ASSISTANT_TURN.length)));
}

const ASSISTANT_TURN = '\n\nAssistant:';

const EMPTY_PROMPT = { rejected: lost('empty_prompt', 'the prompt has no visible character') };

import type { Message, Prompt, Response } from '../contract/trajectory.ts';
import type { Excerpt, SampledPair, ShownMessage } from './input.ts';

/** UTF-16 code units kept of a response; of a prompt's messages together; of an id. About 20 KB a pair. */
const RESPONSE_LENGTH = 6000;
const PROMPT_LENGTH = 8000;
const ID_LENGTH = 300;
const MOST_MESSAGES = 40;

/** The beginning of a text, never half of a surrogate pair. */
export function excerpt(text: string, most: number): Excerpt {
  return { text: beginning(text, most), length: text.length };
}

/** A response as text: its own, or a message's content and then its other keys as JSON; of several, each under its role. */
export function responseText(response: Response): string {
  if (typeof response === 'string') return response;
  if (!Array.isArray(response)) return messageText(response);
  return response.map((message) => `${message.role}: ${messageText(message)}`).join('\n\n');
}

export const responseExcerpt = (response: Response): Excerpt => excerpt(responseText(response), RESPONSE_LENGTH);

export const shortId = (id: string): string => (id.length > ID_LENGTH ? `${beginning(id, ID_LENGTH)}…` : id);

/** The last messages of a prompt that fit: the turn's own question stands at the end. */
export function promptExcerpt(prompt: Prompt): Pick<SampledPair, 'prompt' | 'earlier_messages'> {
  if (typeof prompt === 'string') {
    return { prompt: [{ role: 'prompt', body: excerpt(prompt, PROMPT_LENGTH) }], earlier_messages: 0 };
  }
  const shown: ShownMessage[] = [];
  let left = PROMPT_LENGTH;
  for (const message of prompt.toReversed()) {
    if (left <= 0 || shown.length === MOST_MESSAGES) break;
    const body = excerpt(messageText(message), left);
    left -= body.text.length;
    shown.unshift({ role: shortId(message.role), body });
  }
  return { prompt: shown, earlier_messages: prompt.length - shown.length };
}

/** The same pair with every text cut further to at most `most` code units. */
export function shortened(pair: SampledPair, most: number): SampledPair {
  const again = ({ text, length }: Excerpt): Excerpt => ({ text: beginning(text, most), length });
  return {
    ...pair,
    prompt: pair.prompt.map(({ role, body }) => ({ role, body: again(body) })),
    chosen: again(pair.chosen),
    rejected: again(pair.rejected),
  };
}

function beginning(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? most - 1 : most);
}

function messageText({ role: _role, content, ...rest }: Message): string {
  const own = content === undefined || content === null ? '' : typeof content === 'string' ? content : asJson(content);
  const more = Object.keys(rest).length === 0 ? '' : asJson(rest);
  return own !== '' && more !== '' ? `${own}\n${more}` : own + more;
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value, null, 2);
  } catch {
    // JSON.parse takes a million levels, JSON.stringify runs out of stack near five thousand.
    return '(nested too deeply to show)';
  }
}

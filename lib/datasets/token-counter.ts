import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import * as z from 'zod';
import type { Response } from '../contract/trajectory.ts';
import { CorruptObject } from '../errors.ts';
import { chatMessage, whyNotChatPrompt, whyNotChatResponse } from './formats/chat.ts';
import { answersOf, messagesOf, type Preference } from './preference.ts';

/** A model's tokenizer, as the Hub has it: `tokenizer.json`, `tokenizer_config.json` and the chat template. */
export const StoredTokenizer = z.strictObject({
  tokenizer: z.record(z.string(), z.unknown()),
  config: z.record(z.string(), z.unknown()),
  /** Null where the model has none: texts are then counted as they are. */
  template: z.string().nullable(),
});
export type StoredTokenizer = z.infer<typeof StoredTokenizer>;

export interface TokenCounter {
  /**
   * Tokens of the prompt as the model reads it, up to where its answer begins. Undefined where the chat template does not
   * take it.
   */
  prompt(asked: Asked): number | undefined;
  /** Of the prompt with the answer. */
  whole(asked: Asked, response: Response): number | undefined;
}

export type Asked = Pick<Preference, 'prompt' | 'tools'>;

/** Counts as Hugging Face transformers does. `style`: `text` applies no chat template to texts. */
export function openTokenCounter(
  { tokenizer, config, template }: StoredTokenizer,
  style: 'chat' | 'text',
): TokenCounter {
  const words = openTokenizer(tokenizer, config);
  const chat =
    template === null || style === 'text' ? undefined : new Template(template.replaceAll('strftime_now', FIXED_DAY));
  const tokens = specialTokens(config);
  const count = (text: string): number => words.encode(text, { add_special_tokens: false }).ids.length;

  const render = (
    messages: readonly unknown[],
    { tools }: Asked,
    add_generation_prompt: boolean,
  ): number | undefined => {
    try {
      const given = { ...tokens, messages, add_generation_prompt, ...(tools && { tools }), [FIXED_DAY]: dayOf };
      return chat && count(chat.render(given));
    } catch {
      return undefined;
    }
  };
  return {
    prompt(asked) {
      const { prompt } = asked;
      if (!chat) return typeof prompt === 'string' ? count(prompt) : undefined;
      return whyNotChatPrompt(prompt) ? undefined : render(messagesOf(prompt).map(chatMessage), asked, true);
    },
    whole(asked, response) {
      const { prompt } = asked;
      if (!chat)
        return typeof prompt === 'string' && typeof response === 'string' ? count(prompt + response) : undefined;
      if (whyNotChatPrompt(prompt) || whyNotChatResponse(response)) return undefined;
      return render([...messagesOf(prompt), ...answersOf(response)].map(chatMessage), asked, false);
    },
  };
}

function openTokenizer(tokenizer: StoredTokenizer['tokenizer'], config: StoredTokenizer['config']): Tokenizer {
  try {
    return new Tokenizer(tokenizer, config);
  } catch (cause) {
    throw new CorruptObject(
      'dataset.tokenizer names a tokenizer.json that cannot be read: give the file of a model on the Hub.',
      { cause },
    );
  }
}

/** Names that templates use, `bos_token` and so on; each is text, or an object with the text as its content. */
const specialTokens = (config: StoredTokenizer['config']): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(config).flatMap(([name, value]) => {
      const text = SpecialToken.safeParse(value).data;
      return name.endsWith('_token') && text !== undefined ? [[name, text]] : [];
    }),
  );

const SpecialToken = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)]);

/** Some templates write the day, which must not change a count: they get one and the same. */
const FIXED_DAY = 'fixed_day';
const dayOf = (format: unknown): string =>
  typeof format === 'string' && format.startsWith('%Y') ? '2024-07-26' : '26 Jul 2024';

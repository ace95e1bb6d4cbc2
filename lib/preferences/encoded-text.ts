import type { Message, Prompt, Response } from '../contract/trajectory.ts';
import { fromUtf8, toUtf8, type Utf8 } from '../objects/utf8.ts';
import { type Digest, digestBytes } from './digest.ts';
import {
  digestLastMessage,
  digestNormalText,
  digestPrompt,
  digestResponse,
  digestTextPrompt,
  digestTextResponse,
  digestTools,
} from './normal-form.ts';

/** A prompt or a response as the JSON that is written of it, encoded once. What is asked of it besides is made once. */
export interface EncodedPrompt {
  readonly json: Utf8;
  readonly value: () => Prompt;
  /** Of its normal form; in `nat` of its JSON. */
  readonly digest: () => Digest;
  /** Of the last message's content. */
  readonly lastMessage: () => Digest;
}

export interface EncodedResponse {
  readonly json: Utf8;
  readonly value: () => Response;
  readonly digest: () => Digest;
}

/** The tools that a prompt offers. */
export interface EncodedTools {
  readonly json: Utf8;
  readonly value: () => readonly unknown[];
  readonly digest: () => Digest;
}

/** NAT compares prompts and responses as they are written. */
export type Comparison = 'normal form' | 'as written';

/** A prompt of which the value is known. */
export const encodePrompt = (prompt: string | readonly Message[], comparison: Comparison): EncodedPrompt =>
  typeof prompt === 'string'
    ? encodeTextPrompt(jsonOf(prompt), comparison)
    : encodeMessages(jsonOf(prompt), prompt, comparison);

export function encodeResponse(response: Response | readonly Message[], comparison: Comparison): EncodedResponse {
  if (typeof response === 'string') return encodeTextResponse(jsonOf(response), comparison);
  return isList(response)
    ? encodeConversation(jsonOf(response), response)
    : encodeMessage(jsonOf(response), response, comparison);
}

const jsonOf = (value: unknown): Utf8 => toUtf8(JSON.stringify(value));

const isList = (response: Message | readonly Message[]): response is readonly Message[] => Array.isArray(response);

/** Text of which only the JSON is known: it is decoded where somebody asks. */
export function encodeTextPrompt(json: Utf8, comparison: Comparison): EncodedPrompt {
  const value = once(() => decodeText(json));
  return {
    json,
    value,
    digest: once(() => (comparison === 'as written' ? digestBytes(json) : digestTextPrompt(json, value))),
    lastMessage: once(() => (comparison === 'as written' ? digestBytes(json) : digestNormalText(json, value))),
  };
}

export function encodeMessages(json: Utf8, messages: readonly Message[], comparison: Comparison): EncodedPrompt {
  return {
    json,
    value: once(() => [...messages]),
    digest: once(() => (comparison === 'as written' ? digestBytes(json) : digestPrompt([...messages]))),
    lastMessage: once(() => (comparison === 'as written' ? digestBytes(json) : digestLastMessage([...messages]))),
  };
}

export function encodeTextResponse(json: Utf8, comparison: Comparison): EncodedResponse {
  const value = once(() => decodeText(json));
  return {
    json,
    value,
    digest: once(() => (comparison === 'as written' ? digestBytes(json) : digestTextResponse(json, value))),
  };
}

export function encodeMessage(json: Utf8, message: Message, comparison: Comparison): EncodedResponse {
  return {
    json,
    value: () => message,
    digest: once(() => (comparison === 'as written' ? digestBytes(json) : digestResponse(message))),
  };
}

/** An answer of several messages: tool calls, their results, and what follows. */
export function encodeConversation(json: Utf8, messages: readonly Message[]): EncodedResponse {
  return { json, value: once(() => [...messages]), digest: once(() => digestResponse([...messages])) };
}

/** Undefined where there are none. */
export function encodeTools(tools: readonly unknown[]): EncodedTools | undefined {
  if (tools.length === 0) return undefined;
  return { json: toUtf8(JSON.stringify(tools)), value: () => tools, digest: once(() => digestTools(tools)) };
}

/** The text of its JSON. ASCII without escapes is its own JSON. */
const decodeText = (json: Utf8): string => (PLAIN.test(json) ? json.slice(1, -1) : JSON.parse(fromUtf8(json)));

const PLAIN = /^"[^\\\x80-\xff]*"$/;

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

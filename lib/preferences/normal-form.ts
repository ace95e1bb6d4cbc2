import type { Message, Prompt, Response } from '../contract/trajectory.ts';
import { toUtf8, type Utf8 } from '../objects/utf8.ts';
import { depthOf, isObject } from '../sources/json/exact-json.ts';
import { sortKeys } from '../sources/json/sort-keys.ts';
import { MAX_DEPTH } from '../sources/record.ts';
import { type Digest, digestBytes, digestText } from './digest.ts';

/*
 * What makes two prompts, or two answers, the same: the normal form of their messages. Text is one message of the user,
 * or of the assistant; text parts are joined; the order of keys, null and empty fields say nothing; the arguments of a call
 * are JSON where they parse; call ids are numbered as they appear; text is NFC without white space at its end.
 */

/** Of the whole prompt, as it is compared when candidates are paired. */
export const digestPrompt = (prompt: Prompt): Digest =>
  digestBytes(joinMessages(typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt));

/** Of the content of the prompt's last message: all that some formats write. A prompt without such a text is whole. */
export function digestLastMessage(prompt: Prompt): Digest {
  if (typeof prompt === 'string') return digestNormalText(toUtf8(JSON.stringify(prompt)), () => prompt);
  const content = joinTextParts(prompt.at(-1)?.content);
  return typeof content === 'string'
    ? digestNormalText(toUtf8(JSON.stringify(content)), () => content)
    : digestPrompt(prompt);
}

export const digestResponse = (response: Response): Digest => digestBytes(joinMessages(messagesIn(response)));

function messagesIn(response: Response): readonly Message[] {
  if (typeof response === 'string') return [{ role: 'assistant', content: response }];
  return Array.isArray(response) ? response : [response];
}

/** Of tools: by name, description and parameters, in whatever order. A tool that is no function counts whole. */
export const digestTools = (tools: readonly unknown[]): Digest => digestText(tools.map(normalTool).sort().join('\n'));

function normalTool(tool: unknown): string {
  const declared = isObject(tool) && isObject(tool.function) ? tool.function : tool;
  if (!isObject(declared) || typeof declared.name !== 'string') return JSON.stringify(sortKeys(tool));
  const { name, description, parameters } = declared;
  return JSON.stringify([name, description ?? '', sortKeys(parameters ?? {})]);
}

/** Each message's normal form, the ids of calls numbered from the first message on: equal messages are equal text. */
export function normalizeMessages(messages: readonly Message[]): readonly string[] {
  const calls = new Map<string, string>();
  return messages.map((message) => normalMessage(message, calls));
}

/** As {@link digestPrompt} of a text whose JSON is known: nothing is encoded again where the text is normal already. */
export const digestTextPrompt = (json: Utf8, text: () => string): Digest =>
  digestBytes(`["user",${normalText(json, text)}]`);

export const digestTextResponse = (json: Utf8, text: () => string): Digest =>
  digestBytes(`["assistant",${normalText(json, text)}]`);

/** As {@link digestLastMessage} of a text whose JSON is known. */
export const digestNormalText = (json: Utf8, text: () => string): Digest => digestBytes(normalText(json, text));

/** The JSON of the text in its normal form. Most JSON shows that its text is in it, and need not be decoded. */
function normalText(json: Utf8, text: () => string): Utf8 {
  if (isNormal(json)) return json;
  const known = text();
  const normal = normalizeText(known);
  return normal === known ? json : toUtf8(JSON.stringify(normal));
}

/** Nothing in the text combines, and it ends in visible ASCII that is no part of an escape, `\u001f` at the longest. */
const isNormal = (json: Utf8): boolean =>
  /[!-~]"$/.test(json.slice(-2)) && !json.slice(-7).includes('\\') && !COMBINES_UTF8.test(json);

/** First bytes of the UTF-8 of U+0300 and beyond. */
const COMBINES_UTF8 = /[\xcc-\xff]/;

const normalizeText = (text: string): string => compose(text).trimEnd();

/**
 * NFC. Marks of one character are sorted in a time that grows with their square: a text that heaps more of them on one than
 * any script does is compared as it is written.
 */
const compose = (text: string): string => (COMBINES.test(text) && !heapsMarks(text) ? text.normalize('NFC') : text);

/** Looks at every hundredth unit, and at those around it where it may be a mark. Half of a pair may be of one. */
function heapsMarks(text: string): boolean {
  for (let at = 0; at < text.length; at += MOST_MARKS) {
    if (!mayBeMark(text, at)) continue;
    let [from, to] = [at, at + 1];
    while (from > 0 && at - from < MOST_MARKS && mayBeMark(text, from - 1)) from--;
    while (to - from < 3 * MOST_MARKS && mayBeMark(text, to)) to++;
    if (to - from > MOST_MARKS && HEAP.test(text.slice(from, to))) return true;
  }
  return false;
}

const mayBeMark = (text: string, at: number): boolean => MAY_BE_MARK.test(text.charAt(at));
const MAY_BE_MARK = /[\p{M}\ud800-\udfff]/u;
const MOST_MARKS = 100;
const HEAP = /\p{M}{100}/u;

/** What is below combines with nothing, and is composed: NFC leaves such text alone, and this sees it sooner. */
const COMBINES = /[\u0300-\uffff]/;

const joinMessages = (messages: readonly Message[]): Utf8 => toUtf8(normalizeMessages(messages).join('\n'));

/** A plain message is a JSON list, any other an object with its keys in order: neither can look like the other. */
function normalMessage(message: Message, calls: Map<string, string>): string {
  const content = joinTextParts(message.content);
  const { role, content: _, tool_calls, tool_call_id, ...rest } = message;
  const more = {
    ...(Array.isArray(tool_calls) ? { tool_calls: tool_calls.map((call) => normalCall(call, calls)) } : { tool_calls }),
    ...(typeof tool_call_id === 'string' ? { tool_call_id: numberCall(tool_call_id, calls) } : { tool_call_id }),
    ...rest,
  };
  const kept = normalValue(more);
  const text = typeof content === 'string' ? normalizeText(content) : (normalValue(content) ?? '');
  return kept === undefined && typeof text === 'string'
    ? JSON.stringify([role, text])
    : JSON.stringify(normalValue({ content: text, more: kept, role }) ?? {});
}

/** `type` is `function` wherever it is anything. */
function normalCall(call: unknown, calls: Map<string, string>): unknown {
  if (!isObject(call)) return call;
  const { id, type, function: called, ...rest } = call;
  return {
    ...rest,
    ...(typeof id === 'string' ? { id: numberCall(id, calls) } : {}),
    ...(type === 'function' ? {} : { type }),
    // As text, so that what is empty in it stays.
    function: isObject(called) ? { ...called, arguments: JSON.stringify(parseArguments(called.arguments)) } : called,
  };
}

const numberCall = (id: string, calls: Map<string, string>): string => {
  const known = calls.get(id) ?? `call ${calls.size + 1}`;
  calls.set(id, known);
  return known;
};

/** As JSON with its keys in order, where it is JSON and no deeper than an item may be. An empty argument is one. */
function parseArguments(found: unknown): unknown {
  if (typeof found !== 'string') return sortKeys(found);
  try {
    const parsed: unknown = JSON.parse(found);
    return depthOf(found, MAX_DEPTH) > MAX_DEPTH ? found : sortKeys(parsed);
  } catch {
    return found;
  }
}

/** Text parts without anything else are their text, joined; null and missing content is empty text. */
function joinTextParts(content: unknown): unknown {
  if (content === undefined || content === null) return '';
  if (!Array.isArray(content)) return content;
  const texts = content.map((part) =>
    isObject(part) && part.type === 'text' && typeof part.text === 'string' ? part.text : undefined,
  );
  return texts.every((text) => text !== undefined) ? texts.join('') : content;
}

/** Keys in order, without those that say nothing; undefined where nothing is left. */
function normalValue(value: unknown): unknown {
  if (value === null || value === '') return undefined;
  if (typeof value === 'string') return compose(value);
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((entry) => normalValue(entry) ?? null);
  if (!isObject(value)) return value;
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, normalValue(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

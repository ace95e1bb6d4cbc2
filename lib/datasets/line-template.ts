import type { FormatName } from '../contract/dataset.ts';
import type { Response } from '../contract/trajectory.ts';
import { CorruptObject } from '../errors.ts';
import { FORMATS } from './formats/index.ts';
import type { Layout } from './layout.ts';
import { type Preference, preferPrompt, preferResponse } from './preference.ts';

/** Where a text's JSON is in `bytes`: from `start` to before `end`. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A pair's three texts, as the collection has them, and the tools where it has any. */
export interface PairTexts extends Readonly<Record<Slot, TextRange>> {
  readonly bytes: Buffer;
  readonly tools: TextRange | undefined;
}

/** A line in pieces, its end included: JSON as it is, or the place of a text. */
export type LineTemplate = readonly (Buffer | Slot)[];

export type Slot = 'prompt' | 'chosen' | 'rejected';

/**
 * Makes a format's lines of a pair's JSON: of an unpaired format the chosen completion's and the rejected one's, of any
 * other one. A format says once how a line is made of texts; a text is then put in its place as it is written, without
 * being parsed. Messages are parsed, once a turn for the prompt and once a candidate.
 */
export type LineMaker = (texts: PairTexts) => readonly LineTemplate[];

export function lineMaker(name: FormatName, layout: Layout): LineMaker {
  let ofTexts: readonly LineTemplate[] | undefined;
  let turn: Turn | undefined;

  const turnOf = ({ bytes, prompt: { start, end } }: PairTexts): Turn => {
    if (turn && bytes.compare(turn.json, 0, turn.json.length, start, end) === 0) return turn;
    const json = Buffer.from(bytes.subarray(start, end));
    turn = { json, prompt: preferPrompt(JSON.parse(json.toString())), templates: undefined, responses: new Map() };
    return turn;
  };
  const responseIn = (open: Turn, bytes: Buffer, { start, end }: TextRange): Response => {
    const json = bytes.toString('utf8', start, end);
    const known = open.responses.get(json) ?? preferResponse(JSON.parse(json));
    open.responses.set(json, known);
    return known;
  };
  return (texts) => {
    const { bytes, chosen, rejected } = texts;
    const textsOnly = isText(bytes, chosen) && isText(bytes, rejected);
    if (textsOnly && isText(bytes, texts.prompt)) {
      ofTexts ??= makeTemplates(name, TOKENS, layout);
      return ofTexts;
    }
    const open = turnOf(texts);
    // A prompt that holds what stands for a text would have a text put there.
    if (textsOnly && !open.json.includes(MARK)) {
      open.templates ??= makeTemplates(name, { ...TOKENS, prompt: open.prompt }, layout);
      return open.templates;
    }
    const preference = {
      prompt: open.prompt,
      chosen: responseIn(open, bytes, chosen),
      rejected: responseIn(open, bytes, rejected),
    };
    return makeLines(name, preference, layout).map((line) => [Buffer.from(`${JSON.stringify(line)}\n`)]);
  };
}

/** The prompt of the pairs that come one after the other, and what was parsed for them. */
interface Turn {
  readonly json: Buffer;
  readonly prompt: Preference['prompt'];
  templates: readonly LineTemplate[] | undefined;
  readonly responses: Map<string, Response>;
}

const QUOTE = 0x22;
const isText = (bytes: Buffer, { start }: TextRange): boolean => bytes[start] === QUOTE;

/** What stands for a text while a template is made. It begins with a character that Unicode leaves to private use. */
const MARK = '\ue0f1';
const TOKENS = { prompt: `${MARK}prompt`, chosen: `${MARK}chosen`, rejected: `${MARK}rejected` } as const;
const SLOTS = ['prompt', 'chosen', 'rejected'] as const satisfies readonly Slot[];

const makeTemplates = (name: FormatName, preference: Preference, layout: Layout): readonly LineTemplate[] =>
  makeLines(name, preference, layout).map((line) => cutAtTokens(`${JSON.stringify(line)}\n`));

const cutAtTokens = (line: string): LineTemplate =>
  line.split(TOKEN).map((piece) => SLOTS.find((one) => JSON.stringify(TOKENS[one]) === piece) ?? Buffer.from(piece));

const TOKEN = new RegExp(`(${SLOTS.map((slot) => JSON.stringify(TOKENS[slot])).join('|')})`);

/** The format's own schema has the last word: a line that does not fit it is a defect, and is not written. */
function makeLines(name: FormatName, preference: Preference, layout: Layout): readonly object[] {
  const format = FORMATS[name];
  const line = format.line(preference, layout);
  const { error } = format.Line.safeParse(line);
  if (!error) return format.unpaired && Array.isArray(line) ? line : [line];
  const [issue] = error.issues;
  throw new CorruptObject(
    `A line for ${name} does not fit that format's schema at ${JSON.stringify(issue?.path ?? [])} (${issue?.code}). ` +
      `Leave ${name} out of dataset.formats, and please report it.`,
  );
}

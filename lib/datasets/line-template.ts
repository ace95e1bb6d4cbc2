import * as z from 'zod';
import type { DatasetColumn, FormatName } from '../contract/dataset.ts';
import { type Response, Trajectory } from '../contract/trajectory.ts';
import { CorruptObject } from '../errors.ts';
import { toUtf8 } from '../objects/utf8.ts';
import { FORMATS } from './formats/index.ts';
import type { Layout, Slot } from './layout.ts';
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
  /** What follows the rejected response in the trajectory. */
  readonly tail: TextRange;
}

/** A line in pieces, its end included: JSON as it is, or the place of a text. */
export type LineTemplate = readonly (Buffer | Slot)[];

/**
 * Makes a format's lines of a pair's JSON: of an unpaired format the chosen completion's and the rejected one's, of any
 * other one. A format says once how a line is made of texts; a text is then put in its place as it is written, without
 * being parsed. Messages are parsed, once a turn for the prompt and once a candidate.
 */
export type LineMaker = (texts: PairTexts) => readonly LineTemplate[];

export function lineMaker(name: FormatName, layout: Layout): LineMaker {
  const make = templateMaker(name, layout);
  const { columns } = layout;
  if (columns.length === 0 || !FORMATS[name].takesColumns) return make;
  return (texts) => {
    const more = writeColumns(columns, texts, layout);
    return make(texts).map((template) => addColumns(template, more));
  };
}

function templateMaker(name: FormatName, layout: Layout): LineMaker {
  let ofTexts: readonly LineTemplate[] | undefined;
  const reader = pairReader();
  return (texts) => {
    const { bytes, chosen, rejected } = texts;
    const textsOnly = isText(bytes, chosen) && isText(bytes, rejected);
    if (textsOnly && !texts.tools && isText(bytes, texts.prompt)) {
      ofTexts ??= makeTemplates(name, TOKENS, layout);
      return ofTexts;
    }
    const turn = reader.turnOf(texts);
    const { prompt, tools } = turn;
    // In a prompt that holds the placeholder itself, a text would replace it.
    if (textsOnly && !turn.json.includes(MARK) && !turn.toolsJson.includes(MARK_UTF8)) {
      turn.templates ??= makeTemplates(name, { ...TOKENS, prompt, tools }, layout);
      return turn.templates;
    }
    return makeLines(name, reader.read(texts), layout).map((line) => [Buffer.from(lineText(line, layout))]);
  };
}

/** As {@link lineMaker}, of lines as values. */
export function rowMaker(name: FormatName, layout: Layout): (texts: PairTexts) => readonly object[] {
  const reader = pairReader();
  return (texts) => {
    const rows = makeLines(name, reader.read(texts), layout);
    if (layout.columns.length === 0) return rows;
    const more = columnValues(layout.columns, texts);
    return rows.map((row) => ({ ...row, ...more }));
  };
}

/** Parses the pairs' texts; of those that come one after the other the prompt once, and each response once. */
function pairReader() {
  let turn: Turn | undefined;
  const turnOf = ({ bytes, prompt: { start, end }, tools }: PairTexts): Turn => {
    const toolsJson = tools ? bytes.toString('latin1', tools.start, tools.end) : '';
    if (turn?.toolsJson === toolsJson && bytes.compare(turn.json, 0, turn.json.length, start, end) === 0) return turn;
    const json = Buffer.from(bytes.subarray(start, end));
    turn = {
      ...{ json, toolsJson, prompt: preferPrompt(JSON.parse(json.toString())) },
      tools: tools && JSON.parse(bytes.toString('utf8', tools.start, tools.end)),
      ...{ templates: undefined, responses: new Map() },
    };
    return turn;
  };
  const responseIn = (open: Turn, bytes: Buffer, { start, end }: TextRange): Response => {
    const json = bytes.toString('utf8', start, end);
    const known = open.responses.get(json) ?? preferResponse(JSON.parse(json));
    open.responses.set(json, known);
    return known;
  };
  return {
    turnOf,
    read(texts: PairTexts): Preference {
      const open = turnOf(texts);
      return {
        ...{ prompt: open.prompt, tools: open.tools },
        chosen: responseIn(open, texts.bytes, texts.chosen),
        rejected: responseIn(open, texts.bytes, texts.rejected),
      };
    },
  };
}

/** The columns' part of a line, its end included. */
const writeColumns = (columns: readonly DatasetColumn[], texts: PairTexts, layout: Layout): Buffer =>
  Buffer.from(`,${lineText(columnValues(columns, texts), layout).slice(1)}`);

function columnValues(
  columns: readonly DatasetColumn[],
  { bytes, tail }: PairTexts,
): Readonly<Record<string, unknown>> {
  const json = `${BEFORE_TAIL}${bytes.toString('utf8', tail.start, tail.end)}`;
  const { metadata } = Tail.parse(JSON.parse(json));
  const values: Record<DatasetColumn, unknown> = {
    margin: metadata.score_diff,
    score_chosen: metadata.chosen_score,
    score_rejected: metadata.rejected_score,
    example_id: metadata.example_id,
    lineage: JSON.stringify(metadata.lineage),
  };
  return Object.fromEntries(columns.map((column) => [column, values[column]]));
}

const BEFORE_TAIL = '{"episode":[{';
const Tail = z.looseObject({
  metadata: Trajectory.shape.metadata
    .pick({
      score_diff: true,
      chosen_score: true,
      rejected_score: true,
      example_id: true,
      lineage: true,
    })
    .loose(),
});

function addColumns(template: LineTemplate, more: Buffer): LineTemplate {
  const last = template.at(-1);
  if (typeof last === 'string' || last === undefined) throw new Error('A line does not end with its own JSON.');
  return [...template.slice(0, -1), last.subarray(0, -LINE_END.length), more];
}

const LINE_END = '}\n';

/** A line of JSON with its end. Readers that take other characters for the end of a line do not meet them. */
function lineText(line: object, { lineEnds }: Layout): string {
  const text = `${JSON.stringify(line)}\n`;
  return lineEnds ? text.replace(/[\u0085\u2028\u2029]/g, escapeUnit) : text;
}

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The prompt of the pairs that come one after the other, and what was parsed for them. */
interface Turn {
  readonly json: Buffer;
  /** UTF-8, a byte a character; empty without tools. */
  readonly toolsJson: string;
  readonly tools: readonly unknown[] | undefined;
  readonly prompt: Preference['prompt'];
  templates: readonly LineTemplate[] | undefined;
  readonly responses: Map<string, Response>;
}

const QUOTE = 0x22;
const isText = (bytes: Buffer, { start }: TextRange): boolean => bytes[start] === QUOTE;

/** The placeholder of a text in a template. It begins with a character that Unicode leaves to private use. */
const MARK = '\ue0f1';
const MARK_UTF8 = toUtf8(MARK);
const TOKENS = { prompt: `${MARK}prompt`, chosen: `${MARK}chosen`, rejected: `${MARK}rejected` } as const;
const SLOTS = ['prompt', 'chosen', 'rejected'] as const satisfies readonly Slot[];

const makeTemplates = (name: FormatName, preference: Preference, layout: Layout): readonly LineTemplate[] =>
  makeLines(name, preference, layout).map((line) => cutAtTokens(lineText(line, layout)));

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
  const wrong = `A line for ${name} does not fit that format's schema`;
  const way = `Leave ${name} out of dataset.formats, and please report it.`;
  throw new CorruptObject(`${wrong} at ${JSON.stringify(issue?.path ?? [])} (${issue?.code}). ${way}`, {
    inLogs: `${wrong} (${issue?.code}). ${way}`,
  });
}

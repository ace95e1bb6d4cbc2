import type { ChoiceFacts } from '../contract/choice-facts.ts';
import type { FormatName } from '../contract/dataset.ts';
import {
  type FormatChoice,
  type FormatResult,
  LOST_ANSWERS,
  type SelectionResult,
  type View,
} from '../contract/dataset-result.ts';
import { FORMATS } from './formats/index.ts';
import type { Layout } from './layout.ts';
import { type PairTable, promptOf } from './pair-table.ts';
import { type Selection, viewIn } from './select-pairs.ts';
import { TRAINING, VALIDATION } from './split-pairs.ts';

const SEEN: Readonly<Record<View, string>> = {
  whole: 'whole prompts',
  last_message: 'last messages as prompts',
};

/** A side without pairs, which a trainer will refuse or miss. */
export function emptySides(view: View, result: SelectionResult, fraction: number): readonly string[] {
  const { training, validation, leaking_validation_pairs } = result;
  const pairs = training.pairs + validation.pairs + leaking_validation_pairs;
  if (pairs === 0) return [`No pair is left for the datasets (${SEEN[view]}).`];
  const examples = training.examples + validation.examples;
  if (training.pairs === 0) {
    return [`Training is empty (${SEEN[view]}): all examples went to validation. Lower dataset.validation_fraction.`];
  }
  if (validation.pairs > 0 || fraction === 0) return [];
  const why =
    leaking_validation_pairs > 0
      ? `all ${leaking_validation_pairs} pairs drawn for it have prompts that are in training`
      : `${examples} example(s) cannot be split`;
  return [`Validation is empty (${SEEN[view]}): ${why}. Add examples, or raise dataset.validation_fraction.`];
}

/** NAT's split leaks by nature: says how much. */
export function natLeaks(table: PairTable, { view, sides }: Selection): readonly string[] {
  const seen = viewIn(table, view);
  const training = new Uint8Array(seen.prompts.size);
  for (let pair = 0; pair < sides.length; pair++) {
    if (((sides[pair] ?? 0) & TRAINING) !== 0) training[promptOf(seen, pair)] = 1;
  }
  let leaking = 0;
  let validation = 0;
  for (let pair = 0; pair < sides.length; pair++) {
    if (((sides[pair] ?? 0) & VALIDATION) === 0) continue;
    validation++;
    leaking += training[promptOf(seen, pair)] ?? 0;
  }
  if (leaking === 0) return [];
  return [
    `${leaking} of ${validation} validation pairs have a prompt that is in training: NAT splits by position. ` +
      'builder.compatibility "strict" splits by example.',
  ];
}

export function leftOut(name: string, { left_out, lines }: FormatChoice, pairs: number): readonly string[] {
  // An answer that an unpaired format leaves out is in the file already, or worth nothing.
  const reasons = Object.entries(left_out).filter(([reason]) => !LOST_ANSWERS.some((by) => by === reason));
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  const empty = lines === 0 && pairs > 0 ? [`${name} has no lines.`] : [];
  if (total === 0) return empty;
  const why = reasons.map(([reason, count]) => `${reason} ${count}`).join(', ');
  return [`${name} cannot hold ${total} of ${pairs} pairs, which are left out: ${why}.`, ...empty];
}

/** Files that the trainer refuses for how many lines they have. */
export function linesOutOfLimits(name: FormatName, { files }: FormatResult): readonly string[] {
  const { lineLimits } = FORMATS[name];
  if (!lineLimits) return [];
  const { least, most, trainingOnly } = lineLimits;
  return files
    .filter(
      ({ split, lines }) => (trainingOnly ? split === 'training' : split !== null) && (lines < least || lines > most),
    )
    .map(({ file, lines }) =>
      lines < least
        ? `${name}/${file} has ${lines} lines, and the trainer takes no file of fewer than ${least}. Add examples, or change dataset.validation_fraction.`
        : `${name}/${file} has ${lines} lines, and the trainer takes no file of more than ${most}. Set dataset.max_pairs.`,
    );
}

/** Bytes that `datasets` reads before it settles the columns of JSON lines. */
const FIRST_CHUNK = 10 * 2 ** 20;

/** Messages with the arguments of calls have other columns than those without, which `datasets` cannot join any more. */
export const lateToolCalls = (name: FormatName, { files }: FormatResult, { toolCalls }: Layout): readonly string[] =>
  name === 'nemo_rl' && toolCalls && files.some(({ file, bytes }) => file.endsWith('.jsonl') && bytes > FIRST_CHUNK)
    ? [
        'nemo_rl has tool calls in a file of more than 10 MB of JSON lines, and its trainer reads the columns from the first 10 MB only. Set dataset.file_type to parquet.',
      ]
    : [];

/** A prompt that a chat template is in already, in a format whose trainer applies one. */
export const templatedAgain = (name: FormatName, { rendered }: ChoiceFacts): readonly string[] =>
  name === 'trl' || name === 'trl_kto'
    ? []
    : [
        rendered
          ? `The prompts already contain a chat template, and the trainer of ${name} applies another. Use trl or trl_kto, or give the messages that the prompts were made of.`
          : `dataset.prompt_style is text, but the trainer of ${name} applies a chat template anyway. Use trl or trl_kto.`,
      ];

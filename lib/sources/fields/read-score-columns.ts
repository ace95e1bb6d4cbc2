import { isObject } from '../json/exact-json.ts';
import { kindOf } from '../json/kind-of.ts';
import { type JsonPointer, parsePointer } from '../json-pointer.ts';
import { readScore } from '../read-score.ts';
import { lost, type SourceLoss, type SourceScore } from '../source-candidate.ts';
import { blockedIn, type Row, valueIn } from './row.ts';
import { unwrapJson } from './unwrap-json.ts';

/** For each answer its scores by name. */
export type AnswerScores = readonly Readonly<Record<string, SourceScore>>[];

/** The scores of a single answer, or of a list of `answers`, which has a list of scores beside it. */
export function readScoreColumns(
  row: Row,
  answers: number | undefined,
): { readonly scores: AnswerScores } | { readonly rejected: SourceLoss } {
  const columns = columnsOf(row);
  if ('reason' in columns) return { rejected: columns };
  const uneven = columns.find(({ found }) => lengthOf(found) !== answers);
  if (uneven) return { rejected: lost('lists_of_different_length', unevenDetail(uneven, answers)) };
  const scoresAt = (_: unknown, at: number) =>
    Object.fromEntries(
      columns.map(({ name, found }) => [name, readScore(Array.isArray(found) ? found[at] : found, name)]),
    );
  return { scores: Array.from({ length: answers ?? 1 }, scoresAt) };
}

/** The scores of answers that have a pointer each, as `/score_a` and `/score_b`: their name is what is alike in these. */
export function readScoresBeside(row: Row, pointers: readonly JsonPointer[]): AnswerScores {
  const name = sharedName(pointers.map(lastKey));
  return pointers.map((pointer) => ({ [name]: readScore(valueIn(row.find([pointer])), lastKey(pointer)) }));
}

export const lastKey = (pointer: JsonPointer): string =>
  parsePointer(pointer.slice(pointer.lastIndexOf('/')))[0] ?? pointer;

interface Column {
  readonly name: string;
  /** A score, or a list of them. */
  readonly found: unknown;
}

function columnsOf(row: Row): readonly Column[] | SourceLoss {
  const { score, namedScores } = row.places;
  const columns: Column[] = [];
  for (const [name, pointer] of namedScores.concat(score.map((pointer) => [lastKey(pointer), pointer]))) {
    const reached = row.find([pointer]);
    const blocked = blockedIn('score', reached);
    if (blocked) return blocked;
    if ('value' in reached) for (const column of spread(name, unwrapJson(reached.value))) columns.push(column);
    else if (!row.rules.customary?.has('score')) columns.push({ name, found: undefined });
  }
  const [first] = score;
  return columns.length === 0 && first !== undefined ? [{ name: lastKey(first), found: undefined }] : columns;
}

/** An object of scores is one for each of its keys. */
const spread = (name: string, found: unknown): readonly Column[] =>
  isObject(found) ? Object.entries(found).map(([key, value]) => ({ name: key, found: value })) : [{ name, found }];

const lengthOf = (found: unknown): number | undefined => (Array.isArray(found) ? found.length : undefined);

const unevenDetail = ({ name, found }: Column, answers: number | undefined): string =>
  `${name} is ${Array.isArray(found) ? `a list of ${found.length}` : kindOf(found)}, beside ${answers === undefined ? 'one response' : `a list of ${answers} responses`}`;

/** `score` of `score_a` and `score_b`, and of `chosen_score` and `rejected_score`. */
function sharedName(names: readonly string[]): string {
  const [first = [], ...others] = names.map((name) => name.split(/[^A-Za-z0-9]+/).filter((word) => word !== ''));
  return first.filter((word) => others.every((words) => words.includes(word))).join('_') || 'score';
}

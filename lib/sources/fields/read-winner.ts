import { isNumber, toDouble } from '../json/exact-json.ts';
import { kindOf } from '../json/kind-of.ts';
import { lost, type SourceLoss } from '../source-candidate.ts';

/** Which of two answers was judged better (0 or 1), and by how much where the judgement says so. */
export type Verdict =
  | { readonly winner: 0 | 1; readonly strength?: number }
  | { readonly tie: true }
  | { readonly loss: SourceLoss };

/** What `winner` may hold, where its words are none of the customary ones. */
export interface WinnerValues {
  readonly first: string | number | boolean;
  readonly second: string | number | boolean;
}

/**
 * Reads a judgement of two answers. `names` are the keys of the answers (`response_a`, `response_b`): what they differ in
 * is how the judgement names them. `signed`: a number below 0 is for the first answer, above 0 for the second, and says
 * how strongly.
 */
export function readWinner(
  found: unknown,
  names: readonly [string, string],
  rules: { readonly signed: boolean; readonly values?: WinnerValues },
): Verdict {
  if (found === undefined || found === null) {
    return { loss: lost('missing_winner', `the winner is ${kindOf(found)}`) };
  }
  if (rules.values) return readValue(found, rules.values);
  if (rules.signed) return readStrength(found);
  if (isNumber(found)) return readWord(String(toDouble(found)), names);
  return typeof found === 'string' ? readWord(found, names) : unclear(`the winner is ${kindOf(found)}`);
}

function readValue(found: unknown, { first, second }: WinnerValues): Verdict {
  const text = plain(found);
  if (text === plain(first)) return { winner: 0 };
  if (text === plain(second)) return { winner: 1 };
  return isTie(text)
    ? { tie: true }
    : unclear('the winner is neither the value for the first answer nor for the second');
}

function readStrength(found: unknown): Verdict {
  const strength = isNumber(found)
    ? toDouble(found)
    : typeof found === 'string' && found.trim() !== ''
      ? Number(found)
      : Number.NaN;
  if (!Number.isFinite(strength)) return unclear(`the strength is ${kindOf(found)}, not a number`);
  return strength === 0 ? { tie: true } : { winner: strength < 0 ? 0 : 1, strength: Math.abs(strength) };
}

/** `response_a`, `a`, `model_a`, `A>>B`, `tie (bothbad)`, `1` where the keys are numbered. */
function readWord(found: string, names: readonly [string, string]): Verdict {
  const text = plain(found);
  const compared = /^\[*([ab12])\s*(>{1,3}|<{1,3}|=)\s*([ab12])\]*$/.exec(text);
  if (compared) return readCompared(compared, names);
  if (isTie(text)) return { tie: true };
  const sides = names.map((name, at) => matches(text, plain(name), plain(labelsOf(names)[at] ?? '')));
  const [first, second] = sides;
  if (first === second) return readPosition(text);
  return { winner: first ? 0 : 1 };
}

function readCompared(
  [, left = '', sign = '', right = '']: RegExpExecArray,
  names: readonly [string, string],
): Verdict {
  if (sign === '=') return { tie: true };
  const better = readWord(sign.startsWith('>') ? left : right, names);
  return 'winner' in better ? { ...better, strength: sign.length } : better;
}

/** Letters and words that say which is which whatever the keys are. A bare number does not: counts begin at 0 or at 1. */
function readPosition(text: string): Verdict {
  const word = text.split(/[^a-z]+/).findLast((part) => part !== '') ?? '';
  if (FIRST.has(word)) return { winner: 0 };
  if (SECOND.has(word)) return { winner: 1 };
  const detail = 'it does not say which answer is meant; give source.format.winner the values, as {at, first, second}';
  return unclear(detail);
}

const FIRST: ReadonlySet<string> = new Set(['a', 'first', 'left']);
const SECOND: ReadonlySet<string> = new Set(['b', 'second', 'right']);

const matches = (text: string, name: string, label: string): boolean =>
  text === name || (label !== '' && (text === label || endsInWord(text, label)));

const endsInWord = (text: string, word: string): boolean =>
  text.endsWith(word) && /[^a-z0-9]/.test(text.charAt(text.length - word.length - 1));

/** What two keys differ in: `a` and `b` of `response_a` and `response_b`, `left` and `right` of `left_text`, `right_text`. */
function labelsOf([a, b]: readonly [string, string]): readonly [string, string] {
  const shortest = Math.min(a.length, b.length);
  let begin = 0;
  while (begin < shortest && a[begin] === b[begin]) begin++;
  let end = 0;
  while (end < shortest - begin && a.at(-1 - end) === b.at(-1 - end)) end++;
  const cut = (name: string): string =>
    /[a-z0-9](?:.*[a-z0-9])?/is.exec(name.slice(begin, name.length - end))?.[0] ?? '';
  return [cut(a), cut(b)];
}

const isTie = (text: string): boolean => /^(?:tie|tied|draw|equal|same|both|bothbad|neither|none)\b/.test(text);

/** Text, numbers and booleans compare as text; nothing else is a judgement. */
function plain(found: unknown): string {
  if (isNumber(found)) return String(toDouble(found));
  return typeof found === 'string' || typeof found === 'boolean' ? String(found).trim().toLowerCase() : '';
}

const unclear = (detail: string): Verdict => ({ loss: lost('unknown_winner', detail) });

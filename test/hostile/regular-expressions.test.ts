import { createContext, Script } from 'node:vm';
import { expect, test } from 'vitest';
import { findExpressions } from './find-expressions.ts';
import { worstTexts } from './worst-texts.ts';

/*
 * Every regular expression of the source is given the worst texts that its own characters make. A new one that backtracks
 * over its input fails here before anybody's input finds it.
 */

const { literals, made } = findExpressions(['lib', 'cli', 'adapters', 'functions']);

/** Quadratic work over so many characters takes half a second or more, linear work some milliseconds. */
const SHORT = 60_000;
const MOST_MS = 150;
/** A text twice as long takes twice the time, and the machine may be busy. */
const MOST_TIMES = 4;
/** Shorter times count as this: a collection of garbage would double them. */
const LEAST_MS = 5;

test.each([
  ['digits that may begin anywhere', /\d+\.\d+/g],
  ['an end that is tried at each character', /-+$/],
  ['a line that is tried at each character', /.*\//],
  ['two of the same', /^\s*\s*x/],
  ['one within another', /^(?:a+)+$/],
  ['a unit of two characters', /(?:ab)+$/],
])('an expression with %s is found', (_, expression) => {
  expect(slowest(expression).ms).toBeGreaterThan(MOST_MS);
});

test.each(literals)('$place takes linear time: $expression', ({ expression }) => {
  const { ms, text } = slowest(expression);
  expect(ms).toBeLessThan(MOST_MS);
  const [one, two] = [1, 2].map((megabytes) => best(expression, text(megabytes * 1_000_000)));
  expect((two ?? 0) / Math.max(one ?? 0, LEAST_MS)).toBeLessThan(MOST_TIMES);
});

test('no expression is made of the input', () => {
  // Of its own placeholders.
  expect(made).toEqual(['lib/datasets/line-template.ts']);
});

function slowest(expression: RegExp) {
  let worst = { ms: -1, text: (length: number) => ' '.repeat(length) };
  for (const text of worstTexts(expression)) {
    const ms = take(expression, text(SHORT));
    if (ms > worst.ms) worst = { ms, text };
    if (ms > MOST_MS) break;
  }
  // What takes long once may have been kept waiting.
  return worst.ms > MOST_MS ? { ...worst, ms: best(expression, worst.text(SHORT)) } : worst;
}

const best = (expression: RegExp, text: string): number => Math.min(...[1, 2, 3].map(() => take(expression, text)));

/** Milliseconds of this thread; of work that does not end, the time after which it is stopped. */
function take(expression: RegExp, text: string): number {
  const begun = process.threadCpuUsage();
  try {
    Object.assign(place, { expression, text });
    RUN.runInContext(place, { timeout: 2_000 });
  } catch (error) {
    // The error is of another realm.
    if (Reflect.get(Object(error), 'code') !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return 2_000;
  }
  return process.threadCpuUsage(begun).user / 1_000;
}

const place = createContext({});
/** A global one to its last match. */
const RUN = new Script('text.replace(expression, "")');

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Marks, marksOf } from '../../lib/report/marks.ts';

/** The text of one side: what both have and what it has alone. */
const sideOf = ({ runs }: Marks, side: 1 | 2): string =>
  runs.filter((_, index) => index % 3 === 0 || index % 3 === side).join('');
const ownOf = ({ runs }: Marks, side: 1 | 2): string[] =>
  runs.filter((text, index) => index % 3 === side && text !== '');

describe('the marks of two texts', () => {
  test('hold both texts whole', () => {
    const word = fc.constantFrom('left', 'right', 'corner', '.', '. ', ' ', '\n', '字。', '😀', '');
    const text = fc.array(word, { maxLength: 400 }).map((words) => words.join(''));
    fc.assert(
      fc.property(text, text, (first, second) => {
        const marks = marksOf(first, second);
        expect([sideOf(marks, 1), sideOf(marks, 2)]).toEqual([first, second]);
      }),
    );
  });

  test('are words, as long as these can be read', () => {
    const plan = Array.from({ length: 900 }, (_, index) => `word${index}`);
    const changed = plan.map((word, index) => (index % 10 === 5 ? `other${index}` : word));
    const marks = marksOf(plan.join(' '), changed.join(' '));
    expect(marks.by).toBe('words');
    expect(ownOf(marks, 2)).toEqual(changed.filter((word) => word.startsWith('other')));
    expect(marksOf('Go left now', 'Stay where you are')).toMatchObject({ by: 'words' });
  });

  test('are sentences and lines where most words differ', () => {
    const words = (name: string) => Array.from({ length: 60 }, (_, index) => `${name}${index}`).join(' ');
    const [first, second] = [`Same start. ${words('a')}.\nSame end.`, `Same start. ${words('b')}.\nSame end.`];
    const marks = marksOf(first, second);
    expect(marks.by).toBe('sentences');
    expect([ownOf(marks, 1), ownOf(marks, 2)]).toEqual([[`${words('a')}.\n`], [`${words('b')}.\n`]]);
  });

  test('are none where no sentence is shared, a blank line aside', () => {
    const words = (name: string) => Array.from({ length: 300 }, (_, index) => `${name}${index}`).join(' ');
    expect(marksOf(`${words('a')}\n\n${words('c')}`, `${words('b')}\n\n${words('d')}`).by).toBe('nothing');
  });
});

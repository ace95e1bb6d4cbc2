import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lineProgress, type Progress } from '../../cli/progress.ts';
import { timeInWords } from '../../cli/wording.ts';

let lines: string[] = [];
let progress: Progress;
beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  progress = lineProgress((line) => lines.push(line));
});
afterEach(() => {
  progress.stop();
  vi.useRealTimers();
});

test('tells the plan, then a stage by its name, its bytes and the time that is left, a line a second', () => {
  progress.planned({ shards: 20, inputs: 1, bytes: 200e6 });
  let done = 0;
  progress.stage({ name: 'reading', unit: 'bytes', total: 200e6, done: () => done });
  for (let second = 0; second < 4; second++) {
    done += 25e6;
    vi.advanceTimersByTime(1000);
  }
  expect(lines).toEqual([
    'Reading 1 trace file (200 MB) in 20 shards.',
    'Reading: 12% of 200 MB, 1 s so far.',
    'Reading: 25% of 200 MB, 6 s left.',
    'Reading: 37% of 200 MB, 5 s left.',
    'Reading: 50% of 200 MB, 4 s left.',
  ]);
});

test('tells nothing of a stage that is over within a second', () => {
  progress.stage({ name: 'reading', unit: 'bytes', total: 10, done: () => 5 });
  vi.advanceTimersByTime(900);
  progress.stop();
  vi.advanceTimersByTime(5000);
  expect(lines).toEqual([]);
});

test('tells every ten seconds that a stage goes on, where no percent more is done or no size is known', () => {
  progress.stage({ name: 'planning', unit: 'bytes', total: 0, done: () => 0 });
  vi.advanceTimersByTime(25_000);
  progress.stage({ name: 'reading', unit: 'bytes', total: 10e9, done: () => 1e6 });
  vi.advanceTimersByTime(10_000);
  expect(lines).toEqual([
    'Planning, 10 s so far.',
    'Planning, 20 s so far.',
    expect.stringMatching(/^Reading: 0% of 10 GB, .* left\.$/),
  ]);
});

test('tells no percentage twice a second, and none above a hundred', () => {
  let done = 100;
  progress.stage({ name: 'writing datasets', unit: 'bytes', total: 100_000, done: () => done });
  vi.advanceTimersByTime(3000);
  done = 200_000;
  vi.advanceTimersByTime(3000);
  expect(lines).toEqual(['Writing datasets: 100% of 100 KB, 4 s so far.']);
});

test('tells how many examples a workflow has answered, and how many it left without an answer', () => {
  let done = 0;
  progress.asking({ examples: 40, batches: 2 });
  progress.stage({ name: 'asking', unit: 'examples', total: 40, done: () => done });
  done = 10;
  vi.advanceTimersByTime(2000);
  progress.asked({ failed: 3 });
  expect(lines).toEqual([
    'Asking the workflow 40 examples in 2 batches.',
    'Asking: 25% of 40 examples, 1 s so far.',
    'The workflow left 3 examples without an answer.',
  ]);
});

test.each([
  [0, '1 s'],
  [3.2, '4 s'],
  [99, '99 s'],
  [100, '2 min'],
  [5_900, '99 min'],
  [7_260, '2 h 1 min'],
])('%d seconds are %s', (seconds, words) => {
  expect(timeInWords(seconds)).toBe(words);
});

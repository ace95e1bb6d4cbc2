import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ticTacToeTraces } from '../../examples/generate-tic-tac-toe.ts';

test('the shipped sample is what its generator writes, byte for byte', async () => {
  const shipped = await readFile(new URL('../../examples/tic-tac-toe.json', import.meta.url), 'utf8');
  expect(shipped === ticTacToeTraces()).toBe(true);
});

test('the sample writes whole floats as Python does', () => {
  expect(ticTacToeTraces()).toMatch(/"event_timestamp": \d+\.0,\n/);
  expect(ticTacToeTraces()).toMatch(/"score": 1\.0\n/);
  expect(ticTacToeTraces()).not.toMatch(/"score": \d+,?\n/);
});

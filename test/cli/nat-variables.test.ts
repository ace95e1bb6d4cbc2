import { expect, test } from 'vitest';
import { interpolated } from '../../cli/nat-variables.ts';

const ENVIRONMENT = { HOST: 'nemo.example.com', EPOCHS: '5', ON: 'true', EMPTY: '' };

test.each([
  [`https://\${HOST}/v1`, 'https://nemo.example.com/v1'],
  ['$HOST', 'nemo.example.com'],
  [`\${EPOCHS}`, 5],
  [`\${ON}`, true],
  [`\${TEAM:-mine}`, 'mine'],
  [`\${EMPTY:-mine}`, 'mine'],
  [`a\${TEAM}b`, 'ab'],
  ['costs 5 $', 'costs 5 $'],
  [
    { a: [`\${HOST}`], b: 1, c: `\${TEAM}` },
    { a: ['nemo.example.com'], b: 1 },
  ],
])('%j becomes %j', (text, value) => {
  expect(interpolated(text, ENVIRONMENT)).toEqual({ value });
});

test('a value that is a variable which is not set is none, and the variable is named', () => {
  expect(interpolated(`\${TEAM}`, ENVIRONMENT)).toEqual({ value: undefined, unset: 'TEAM' });
});

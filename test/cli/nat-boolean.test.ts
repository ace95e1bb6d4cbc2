import { expect, test } from 'vitest';
import { natBoolean } from '../../cli/nat-boolean.ts';

// Held against pydantic 2.14's `TypeAdapter(bool).validate_python`.
test.each([true, 1, '1', 't', 'T', 'true', 'True', 'TrUe', 'y', 'yes', 'on', 'ON', ' true'])('%j is true', (value) => {
  expect(natBoolean(value)).toBe(true);
});

test.each([false, 0, -0, '0', 'f', 'false', 'FALSE', 'n', 'NO', 'off', 'Off', 'no\n'])('%j is false', (value) => {
  expect(natBoolean(value)).toBe(false);
});

test.each([null, undefined, 2, -1, 0.5, Number.NaN, '', '2', '00', '1.0', 'enabled', 'ｙes', [], [true], {}])(
  '%j is neither',
  (value) => {
    expect(natBoolean(value)).toBeUndefined();
  },
);

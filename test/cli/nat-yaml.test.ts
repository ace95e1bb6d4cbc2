import { expect, test } from 'vitest';
import { parseNatYaml } from '../../cli/nat-yaml.ts';

// Held against PyYAML 6's `safe_load`; test/peers/nat does so again with the real one.
test.each([
  ['yes', true],
  ['No', false],
  ['ON', true],
  ['off', false],
  ['y', 'y'],
  ['n', 'n'],
  ['~', null],
  ['', null],
  ['""', ''],
  ['1_000', 1000],
  ['0x1F', 31],
  ['017', 15],
  ['0o17', '0o17'],
  ['08', '08'],
  ['-0b11', -3],
  ['1:30', 90],
  ['190:20:30.15', 685230.15],
  ['1e3', '1e3'],
  ['5e-5', '5e-5'],
  ['5.0e-5', 5e-5],
  ['1.0e3', '1.0e3'],
  ['1.5_0', 1.5],
  ['.5', 0.5],
  ['+.5', '+.5'],
  ['1.', 1],
  ['-.INF', Number.NEGATIVE_INFINITY],
  ['.nan', Number.NaN],
  ['_1', '_1'],
  ['"0.05"', '0.05'],
  ['2024-01-01', new Date('2024-01-01')],
  ['"2024-01-01"', '2024-01-01'],
  ['2024-1-1', '2024-1-1'],
])('%s is %j', (text, expected) => {
  expect(parseNatYaml(`v: ${text}`)).toEqual({ v: expected });
});

test('merge keys are merged, and the last of equal keys counts', () => {
  const text = `
x: &x {a: 1, b: 2}
y: &y {b: 3, c: 4}
z: {b: 9, <<: *x}
w: {<<: [*x, *y], d: 1}
dup: 1
dup: 2
`;
  expect(parseNatYaml(text)).toMatchObject({ z: { a: 1, b: 9 }, w: { a: 1, b: 2, c: 4, d: 1 }, dup: 2 });
});

test.each([
  ['a: [', 'bad indent at line 1, column 5'],
  ['a: !secret hf_secret', 'tag resolve failed at line 1, column 4'],
  ['a: *hf_secret', 'its aliases form a loop, or have no anchor'],
  ['a: hf_secret: b', 'block as implicit key at line 1, column 4'],
  ['---\na: 1\n---\nb: 2\n', 'multiple docs at line 3, column 1'],
])('%j is refused without being quoted', (text, message) => {
  expect(() => parseNatYaml(text)).toThrow(message);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REFERENCE_FILE, referenceText, SCHEMA_FILE, schemaText } from '../../scripts/docs.ts';
import { dpo } from '../cli/dpo-process.ts';

const fileText = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

test('the published schema and reference are those of the code; `npm run docs` makes them so', () => {
  expect(fileText(SCHEMA_FILE)).toBe(schemaText());
  expect(fileText(REFERENCE_FILE)).toBe(referenceText());
});

test('dpo schema prints the published schema', async () => {
  expect(await dpo(['schema'])).toEqual({ code: 0, stdout: fileText(SCHEMA_FILE), stderr: '' });
});

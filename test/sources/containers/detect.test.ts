import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DETECTED_BYTES, detectContainer } from '../../../lib/sources/containers/detect.ts';

const golden = (name: string) => readFileSync(new URL(`../../golden/containers/${name}`, import.meta.url));

test.each([
  ['types-zstd.parquet', 'parquet'],
  ['deflate.zip', 'zip'],
  ['cli.jsonl.zst', 'zstd'],
  ['frames.jsonl.zst', 'zstd'],
  ['excel.csv', 'csv'],
  ['unix-all.csv', 'csv'],
  ['pandas-index.csv', 'csv'],
  ['excel-tab.tsv', 'tsv'],
  ['types.expected.jsonl', 'lines'],
])('%s is known by its content, whatever its name is', (name, container) => {
  expect(detectContainer(golden(name))).toEqual({ container });
  expect(detectContainer(golden(name), 'traces.jsonl')).toEqual({ container });
});

test.each([
  ['nothing', '', 'empty'],
  ['white space', ' \n\t', 'empty'],
  ['an array', ' [{"a":1}]', 'array'],
  ['a mark and an array', '\ufeff[1]', 'array'],
  ['lines', '{"a":"{"}\n{"a":2}\n', 'lines'],
  ['one line without an end', '{"a":[1,2', 'lines'],
  ['lines of which the first is cut short', '{"a":[1,2\n{"a":2}\n', 'lines'],
  ['lines of which the first is cut short in a text', '{"a":"tex\n{"a":2}\n', 'lines'],
  ['an object over lines', '{\n  "a": 1\n}\n', 'json'],
  ['an object that begins on its first line', '{"a": 1,\r\n "b": 2}', 'json'],
  ['an object with a list over lines', '{"samples": [\n{"a":1},\n{"a":2}]}', 'json'],
  ['an object that is closed on the next line', '{"a": [1, 2]\n}', 'json'],
  ['an object with an escaped quote', '{"a": "\\"{",\n"b": 2}', 'json'],
  ['a table', 'prompt,response\nhello,"a, b"\n', 'csv'],
  ['a table with tabs', 'prompt\tresponse\nhello, you\tgood, you\n', 'tsv'],
  ['a table whose first row goes on past the head', `prompt,response\n"${'x'.repeat(DETECTED_BYTES)}`, 'csv'],
])('%s', (_, text, container) => {
  expect(detectContainer(Buffer.from(text))).toEqual({ container });
});

test('gzip', () => {
  expect(detectContainer(gzipSync('{}'))).toEqual({ container: 'gzip' });
});

describe('what is no container, or might be two, is an error that says how to name it', () => {
  test.each([
    ['prose', 'Dear reader, this is text.\nIt has no rows.\n'],
    ['one line with a comma', 'Hello, world\n'],
    ['one column', 'prompt\nhello\nthere\n'],
    ['a table without a header', '1,2\n3,4\n'],
    ['a script', 'import os, sys\nprint(1)\n'],
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0', 'latin1')],
    ['commas and tabs', 'a,b\tc\n1,2\t3\n'],
  ])('%s', (_, text) => {
    expect(detectContainer(Buffer.from(text))).toEqual({ unsure: expect.stringMatching(/source\.container/) });
  });

  test.each([
    ['UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le'), /save it as UTF-8/],
    ['encrypted Parquet', Buffer.from('PARE....'), /decrypt it/],
    [
      'tar',
      Buffer.concat([Buffer.from('a.jsonl'.padEnd(257, '\0')), Buffer.from('ustar\0')]),
      /tar archive; unpack it/,
    ],
    ['semicolons', Buffer.from('prompt;response;reward\nQ;A;1\nQ;B;0\n'), /separated by ";": save it with commas/],
  ])('%s, in its own words', (_, bytes, detail) => {
    expect(detectContainer(bytes)).toEqual({ unsure: expect.stringMatching(detail) });
  });
});

test('a name decides where the content does not', () => {
  const oneColumn = Buffer.from('prompt\nhello\n');
  expect(detectContainer(oneColumn, 'prompts.csv')).toEqual({ container: 'csv' });
  expect(detectContainer(Buffer.from('a,b\tc\n1,2\t3\n'), 'x/y.TSV')).toEqual({ container: 'tsv' });
  expect(detectContainer(Buffer.from('[1]'), 'prompts.csv')).toEqual({ container: 'array' });
});

test('64 KiB of any one character are told at once', () => {
  for (const text of ['"', '\\"', '{', '{"', ',', '""', '\n', 'a,', '"a', '\t']) {
    const started = performance.now();
    detectContainer(Buffer.from(`{${text.repeat(DETECTED_BYTES / text.length)}\n`));
    detectContainer(Buffer.from(text.repeat(DETECTED_BYTES / text.length)));
    expect(performance.now() - started).toBeLessThan(5_000);
  }
});

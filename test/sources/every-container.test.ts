import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { archiveOf } from '../support/zip-archive.ts';
import { writePair } from './run-pairs.ts';
import { runSource } from './run-source.ts';
import { MADE_LINES, SAMPLED_LINES } from './source-lines.ts';

type Lines = readonly string[];

const asLines = (lines: Lines): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));
const asArray = (lines: Lines): Buffer => Buffer.from(`[${lines.join(',')}]`);
const indented = (lines: Lines): Buffer => Buffer.from(JSON.stringify(lines.map(parse), null, 2));
/** Python's NaN too, which JSON has no form of. */
const parse = (line: string): unknown => JSON.parse(line.replaceAll(/: NaN\b/g, ': null'));

/** As pandas and spreadsheets write it: a cell that is no text holds JSON, and nothing where there is nothing. */
const asTable =
  (delimiter: string) =>
  (lines: Lines): Buffer => {
    const rows = lines.map((line) => Object(parse(line)));
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const cell = (value: unknown): string => {
      if (value === undefined || value === null) return '';
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return /["\r\n,\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const table = [names.map(cell), ...rows.map((row) => names.map((name) => cell(row[name])))];
    return Buffer.from(table.map((cells) => `${cells.join(delimiter)}\r\n`).join(''));
  };

const inEntries = (lines: Lines): Buffer =>
  archiveOf(
    lines.map((line, at) => ({ name: `records/${String(at).padStart(4, '0')}.json`, text: Buffer.from(line) })),
  );

const CONTAINERS: readonly (readonly [name: string, write: (lines: Lines) => Buffer])[] = [
  ['JSON lines with a byte order mark and blank lines', (lines) => Buffer.concat([BOM, asLines(['', ...lines, ''])])],
  ['a compact array', asArray],
  ['an indented array', indented],
  ['CSV', asTable(',')],
  ['TSV', asTable('\t')],
  ['an archive of lines', (lines) => archiveOf([{ name: 'lines.jsonl', text: asLines(lines) }])],
  ['an archive with an entry a record', inEntries],
  ['lines in gzip', (lines) => gzipSync(asLines(lines))],
  [
    'lines in two gzip members',
    (lines) => Buffer.concat([lines.slice(0, 3), lines.slice(3)].map(asLines).map((text) => gzipSync(text))),
  ],
  ['lines in zstd', (lines) => zstdCompressSync(asLines(lines))],
  ['an array in zstd', (lines) => zstdCompressSync(asArray(lines))],
  ['CSV in gzip', (lines) => gzipSync(asTable(',')(lines))],
];
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

async function pairsIn(bytes: Buffer, score: string | undefined): Promise<readonly string[]> {
  const store = memoryStore('traces');
  // The name says nothing: the content does.
  await store.create('records', bytes);
  const { groups } = await runSource(store, { source: { traces: { bucket: 'traces', key: 'records' }, score } });
  return groups.flatMap(({ trajectories }) => trajectories.map(writePair)).toSorted();
}

const TABLES = fileURLToPath(new URL('../golden/tables', import.meta.url));

describe.each([...SAMPLED_LINES, ...MADE_LINES])('$format', ({ lines, score }) => {
  test.each(CONTAINERS)('gives the same pairs in %s', async (_, write) => {
    const wanted = await pairsIn(asLines(lines), score);
    expect(wanted.length).toBeGreaterThan(0);
    expect(await pairsIn(write(lines), score)).toEqual(wanted);
  });
});

describe.each(globSync('*.jsonl', { cwd: TABLES }).toSorted())('%s of pyarrow and pandas', (lines) => {
  const name = lines.replace('.jsonl', '');
  test.each(globSync(`${name}.{parquet,csv}`, { cwd: TABLES }).toSorted())(
    'gives the same pairs as %s',
    async (table) => {
      const wanted = await pairsIn(readFileSync(`${TABLES}/${lines}`), undefined);
      expect(wanted.length).toBeGreaterThan(0);
      expect(await pairsIn(readFileSync(`${TABLES}/${table}`), undefined)).toEqual(wanted);
    },
  );
});

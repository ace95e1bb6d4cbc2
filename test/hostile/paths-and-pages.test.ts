import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileStore } from '../../adapters/files/file-store.ts';
import { resultTable } from '../../cli/result-table.ts';
import { oneLine, printable } from '../../cli/terminal.ts';
import { FormatName } from '../../lib/contract/dataset.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, type RunResult, runSteps } from '../support/run.ts';
import { hostileItems, linesOf, OBEYED } from './hostile-items.ts';
import { requireInertPage } from './inert-page.ts';
import { HOSTILE_TEXTS } from './json-texts.ts';

// A whole run on this machine's disk, of traces whose ids, turns, texts and keys try to get out of wherever they stand.

let folder = '';
let run: RunResult;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-hostile-'));
  await mkdir(join(folder, 'out'));
  const traces = memoryStore('traces');
  // As keys of S3 may be, and paths on a disk not all; one holds a broken line, so that a message names it.
  for (const item of hostileItems) traces.objects.set(`${item.id}.jsonl`, Buffer.from(`${linesOf([item])}{"id"\n`));
  traces.objects.set('\u001b[2Jempty\n.jsonl', Buffer.alloc(0));
  run = await runSteps(
    {
      // Under a prefix, keys that begin with "." or "_" would be passed over.
      source: { traces: [...traces.objects.keys()].map((key) => ({ bucket: 'traces', key })) },
      dataset: { formats: FormatName.options, validation_fraction: 0.5 },
      limits: { shard_bytes: 1024, max_rejected_fraction: 1, allow_empty: true },
    },
    memoryDeps(traces, fileStore(join(folder, 'out'))),
  );
});
afterAll(() => rm(folder, { recursive: true }));

test('every file that is written stands in the folder of the run, under a name of our own', async () => {
  const written = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of written.filter((each) => each.isFile())) {
    expect(join(entry.parentPath, entry.name)).toMatch(/^[^\0]*\/out\/runs\/run\/[\w./-]+$/);
    expect(entry.name).not.toMatch(/^\.|\.\.|\.tmp$/);
  }
  expect(await readdir(folder)).toEqual(['out']);
  expect(await readdir(join(folder, 'out/runs'))).toEqual(['run']);
});

test('ids, turns and keys come through whole', () => {
  const texts = [...HOSTILE_TEXTS].map((text) => text.toWellFormed()).sort();
  const ids = new Set(run.groups.map(({ example_id }) => example_id.toWellFormed()));
  expect([...ids].sort()).toEqual(texts);
  const keys = new Set(run.groups.flatMap((group) => group.trajectories.map(({ metadata }) => metadata.lineage.key)));
  expect([...keys].sort()).toEqual(HOSTILE_TEXTS.map((text) => `${text}.jsonl`).sort());
  expect(run.losses.filter(({ kind }) => kind === 'item')).toHaveLength(HOSTILE_TEXTS.length);
  expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
});

test('nothing in the report is live but its own', async () => {
  const page = await readFile(join(folder, 'out', run.manifest.report.key), 'utf8');
  expect(page).toContain('&#60;/script&#62;');
  requireInertPage(page);
});

test.each(['<img src=x>', '<a href="javascript:x">y</a>', '<p onclick="x">', '<!-- x', '<script>x</script>'])(
  'a page with %s in it would be found out',
  async (injected) => {
    const page = await readFile(join(folder, 'out', run.manifest.report.key), 'utf8');
    expect(() => requireInertPage(page.replace('</main>', `${injected}</main>`))).toThrow();
  },
);

test('the table of the run holds no character that a terminal obeys', () => {
  expect(run.manifest.warnings.join()).toMatch(OBEYED);
  const table = resultTable(run.manifest, 'out\u001b[2J/');
  expect(table).not.toMatch(OBEYED);
  expect(table).toContain('\\u001b[2Jempty\\u000a.jsonl is empty');
});

test('what is printed is escaped, and JSON stays the same JSON', () => {
  for (const text of HOSTILE_TEXTS) {
    expect(printable(text)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
    expect(oneLine(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
    expect(JSON.parse(printable(JSON.stringify({ [text]: text })))).toEqual({ [text]: text });
  }
});

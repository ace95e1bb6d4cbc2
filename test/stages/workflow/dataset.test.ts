import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileStore } from '../../../adapters/files/file-store.ts';
import { Batch, WorkflowSource, workflowKeys } from '../../../lib/contract/workflow.ts';
import { readAll } from '../../../lib/objects/store.ts';
import { bodyOf, exampleId } from '../../../lib/stages/workflow/body.ts';
import { concurrencyOf, planBatches } from '../../../lib/stages/workflow/plan-batches.ts';
import { readRows } from '../../../lib/stages/workflow/read-rows.ts';
import type { DatasetRow } from '../../../lib/stages/workflow/rows.ts';

let root: string;
let runs = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dataset-'));
});
afterAll(() => rm(root, { recursive: true }));

describe('planning a dataset’s batches', () => {
  it('reads a JSON array, JSON lines and CSV to the same rows', async () => {
    const rows = [
      { id: 'a', question: 'He said "no",\nthen é', answer: '1', level: 'x' },
      { id: 'b', question: 'two', answer: '2', level: 'y' },
    ];
    const csv = '\uFEFFid,question,answer,level\r\na,"He said ""no"",\nthen é",1,x\r\nb,two,2,y\r\n\r\n';
    const expected = rows.map(({ level, ...row }) => ({ ...row, columns: { level } }));
    for (const [name, text] of [
      ['rows.json', JSON.stringify(rows, undefined, 2)],
      ['rows.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')],
      ['rows.csv', csv],
    ] as const) {
      expect((await plan(name, text)).rows, name).toEqual(expected);
    }
  });

  it('finds id, question and answer under the names given, and null for an answer that is not there', async () => {
    const names = { id_key: 'qid', question_key: 'ask', answer_key: 'truth' };
    const { rows } = await plan('rows.jsonl', '{"qid":7,"ask":{"x":[1]},"id":"other"}\n', names);
    expect(rows).toEqual([{ id: 7, question: { x: [1] }, answer: null, columns: {} }]);
  });

  it('reads NaN, which Python writes where a row lacks a column, as null', async () => {
    const { rows } = await plan('rows.json', '[{"id":1,"question":"NaN","score":NaN,"level":-Infinity}]');
    expect(rows).toEqual([{ id: 1, question: 'NaN', answer: null, columns: { score: null, level: null } }]);
  });

  it('keeps the digits of an id beyond 2^53', async () => {
    const { rows } = await plan('rows.json', '[{"id":12345678901234567890,"question":"q","seed":1e400}]');
    expect(JSON.stringify(rows)).toContain('"id":12345678901234567890');
    expect(JSON.stringify(rows)).toContain('"seed":1e400');
    const [row] = rows;
    expect(row && exampleId(row, 2, 3)).toBe('12345678901234567890_rep2');
  });

  it('cuts rows into batches, one repetition after the other, each batch with exactly its bytes', async () => {
    const lines = Array.from({ length: 7 }, (_, id) => JSON.stringify({ id, question: `ü${id}` })).join('\n');
    const { batches, rowsOf, plan: made } = await plan('rows.jsonl', lines, { batch_size: 3, reps: 2 });
    expect(made).toMatchObject({ batches: 6, examples: 14 });
    expect(batches.map(({ ordinal, rep, first_row, rows }) => [ordinal, rep, first_row, rows])).toEqual([
      [0, 0, 0, 3],
      [1, 0, 3, 3],
      [2, 0, 6, 1],
      [3, 1, 0, 3],
      [4, 1, 3, 3],
      [5, 1, 6, 1],
    ]);
    for (const batch of batches) {
      const ids = (await rowsOf(batch)).map(({ id }) => id);
      expect(ids).toEqual(Array.from({ length: batch.rows }, (_, index) => batch.first_row + index));
    }
  });

  it('plans the same again, from what it wrote first, even if the dataset has changed since', async () => {
    const first = await plan('rows.jsonl', '{"id":1,"question":"q"}\n');
    const again = await plan('rows.jsonl', '{"id":2,"question":"q"}\n{"id":3,"question":"q"}\n', {}, first.run);
    expect(again.batches).toEqual(first.batches);
    expect(again.rows).toEqual(first.rows);
    expect(again.plan.dataset).toEqual(first.plan.dataset);
  });

  it('reads a dataset that was mended after a failed try as it is then, and says so', async () => {
    await expect(plan('mended.jsonl', '{"id":1}\n', {}, 'mended')).rejects.toThrow('no row has a "question"');
    const text = '{"id":1,"question":"q"}\n';
    const { rows, plan: made } = await plan('mended.jsonl', text, {}, 'mended');
    expect(rows).toHaveLength(1);
    expect(made.dataset).toMatchObject({ bucket: 'b', key: 'mended.jsonl', bytes: text.length });
  });

  it('asks the first row of a repeated id and none without a question, and counts the others, as NAT does', async () => {
    const text = [
      '{"id":1,"question":"first"}',
      '{"id":1.0,"question":"again"}',
      '{"id":"1","question":"another id"}',
      '{"id":2,"question":" "}',
      '{"id":2,"question":"repeats an id that was not asked"}',
      '{"id":3}',
      '{"id":4,"question":NaN}',
      '{"id":5,"question":0}',
    ];
    const { rows, plan: made } = await plan('rows.jsonl', text.join('\n'));
    expect(rows.map(({ id, question }) => [JSON.stringify(id), question])).toEqual([
      ['1', 'first'],
      ['"1"', 'another id'],
      ['5', 0],
    ]);
    expect(made.dataset.skipped).toEqual({ repeated_id: 2, blank_question: 3 });
    expect(made.examples).toBe(3);
  });

  it('reads an indented array with two rows on one line', async () => {
    const rows = [1, 2, 3].map((id) => ({ id, question: 'q' }));
    const text = JSON.stringify(rows, null, 2).replace('},\n  {\n    "id": 2', '}, {\n    "id": 2');
    expect((await plan('rows.json', text)).rows).toHaveLength(3);
  });

  it.each([
    ['no rows', 'rows.json', '[]', 'has no rows'],
    [
      'a row without an id',
      'rows.jsonl',
      '{"id":1,"question":"q"}\n{"question":"q","uid":2}',
      'row 2 has no text or number as its "id"; set id_key to one of: question, uid',
    ],
    [
      'rows of blank questions alone',
      'rows.csv',
      'id,question\n1, \n',
      'no row has a "question"; set question_key to one of: id',
    ],
    ['a row that is a list', 'rows.jsonl', '{"id":1,"question":"q"}\n[1]', 'row 2 is not an object'],
    ['a row that is no JSON', 'rows.jsonl', '{"id":1,"question":"q"}\n{"id":private', 'ends inside'],
    ['a row whose text never closes', 'rows.jsonl', '{"id":1,"question":"q"}\n"private', 'is not valid JSON'],
    ['a row of CSV with too many fields', 'rows.csv', 'id,question\n1,a,b\n', 'CSV_RECORD_INCONSISTENT'],
    ['something else altogether', 'rows.xlsx', 'PK', 'not with'],
  ])('refuses %s by name', async (_what, name, text, message) => {
    const error = await plan(name, text).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'InvalidRequest', message: expect.stringContaining(message) });
    expect(String(error)).not.toContain('private');
  });

  it('refuses a dataset that is not there, and a body that names a column that is not there', async () => {
    const source = WorkflowSource.parse({
      endpoint: 'https://agent.example',
      dataset: { bucket: 'b', key: 'none.csv' },
    });
    const store = fileStore(root);
    await expect(planBatches('none', source, { datasets: store, runs: store })).rejects.toThrow('no dataset none.csv');
    await expect(plan('rows.jsonl', '{"id":1,"question":"q"}', { body: { level: '{{level}}' } })).rejects.toThrow(
      '{{level}}, but row 1',
    );
  });

  it('spreads the concurrency over batches and within them, never beyond it', () => {
    expect(concurrencyOf({ max_concurrency: 8, batch_size: 10 })).toEqual({ batches: 1, examples: 8 });
    expect(concurrencyOf({ max_concurrency: 32, batch_size: 10 })).toEqual({ batches: 3, examples: 10 });
    expect(concurrencyOf({ max_concurrency: 32, batch_size: 1 })).toEqual({ batches: 32, examples: 1 });
  });
});

describe('the body to post', () => {
  const row: DatasetRow = { id: 5, question: 'say "hi"', answer: 'no', columns: { board: [1, 2], level: 3 } };

  it('puts values in by type, and as text within text', () => {
    const template = {
      input_message: '{{question}}',
      board: '{{board}}',
      note: 'level {{level}} of {{board}}',
      n: [1, null],
    };
    expect(JSON.parse(bodyOf(template, row, '5_rep0'))).toEqual({
      input_message: 'say "hi"',
      board: [1, 2],
      note: 'level 3 of [1,2]',
      n: [1, null],
    });
  });

  it('does not fill in what a question itself holds', () => {
    expect(bodyOf('{{question}}', { ...row, question: '{{answer}} {{id}}' }, 5)).toBe('"{{answer}} {{id}}"');
  });
});

async function plan(name: string, text: string, settings: object = {}, run = `run-${runs++}`) {
  await writeFile(join(root, name), text);
  const store = fileStore(root);
  const dataset = { bucket: 'b', key: name };
  const source = WorkflowSource.parse({ endpoint: 'https://agent.example', dataset, ...settings });
  const made = await planBatches(run, source, { datasets: store, runs: store });
  const batches = Batch.array().parse(JSON.parse(Buffer.from(await readAll(store, made.key)).toString()));
  const rowsOf = (batch: Batch) => readRows(store, workflowKeys(run).dataset, batch);
  const rows = (await Promise.all(batches.filter(({ rep }) => rep === 0).map(rowsOf))).flat();
  return { run, plan: made, batches, rowsOf, rows };
}

import type { Batch } from '../../contract/workflow.ts';
import { CorruptObject } from '../../errors.ts';
import type { ObjectStore } from '../../objects/store.ts';
import { isObject, parseExactly } from '../../sources/json/exact-json.ts';
import { linesOf } from './lines.ts';
import type { DatasetRow } from './rows.ts';

/** The batch's rows, from the run's own `dataset.jsonl`. */
export async function readRows(store: ObjectStore, key: string, batch: Batch): Promise<DatasetRow[]> {
  const rows: DatasetRow[] = [];
  for await (const line of linesOf(store.read(key, { start: batch.start, end: batch.end }))) {
    const row = parseExactly(new TextDecoder().decode(line.bytes));
    if (!isRow(row)) break;
    rows.push(row);
  }
  if (rows.length !== batch.rows) {
    throw new CorruptObject(
      `${key}: ${rows.length} rows instead of ${batch.rows} in bytes ${batch.start} to ${batch.end}`,
    );
  }
  return rows;
}

const isRow = (row: unknown): row is DatasetRow =>
  isObject(row) && 'id' in row && 'question' in row && 'answer' in row && isObject(row.columns);

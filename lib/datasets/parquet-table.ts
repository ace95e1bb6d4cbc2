import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer/src/index.js';
import type { ObjectSink } from '../objects/object-sink.ts';
import type { Written } from '../objects/store.ts';

/**
 * A column of a Parquet file. `json` holds any JSON value as text and `json list` one for each element of a list; Hugging
 * Face `datasets` gives the values back, and no key or null that a row does not have.
 */
export interface ParquetColumn {
  readonly name: string;
  readonly kind: 'text' | 'json' | 'json list' | 'number' | 'boolean';
}

/** Rows on their way to a Parquet file, compressed with snappy. */
export function openParquet(sink: ObjectSink, columns: readonly ParquetColumn[]) {
  const bytes = new ByteWriter();
  const features = Object.fromEntries(columns.map(({ name, kind }) => [name, KINDS[kind].feature]));
  const file = new ParquetWriter({
    writer: bytes,
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.flatMap(({ name, kind }) => KINDS[kind].schema(name)),
    ],
    createdBy: 'dpo-trajectories',
    // What `datasets` itself writes: it reads the columns' types there, without a card.
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
  });
  let rows: Readonly<Record<string, unknown>>[] = [];
  let held = 0;

  const send = (): Promise<void> | undefined => {
    const some = Buffer.from(bytes.getBytes());
    bytes.index = 0;
    return sink.copy(some, 0, some.length);
  };
  const flush = (): Promise<void> | undefined => {
    if (rows.length === 0) return undefined;
    const columnData = columns.map(({ name }) => ({
      name,
      data: rows.map((row) => row[name]),
    }));
    // Nothing that it writes to is slow.
    void file.write({ columnData, rowGroupSize: rows.length });
    rows = [];
    held = 0;
    return send();
  };
  return {
    /** A promise means: wait for it, the store is behind. */
    add(row: Readonly<Record<string, unknown>>): Promise<void> | undefined {
      rows.push(row);
      held += JSON.stringify(row).length;
      return held > GROUP_LENGTH ? flush() : undefined;
    },
    async close(): Promise<Written | 'exists'> {
      await flush();
      await file.finish();
      await send();
      return sink.close();
    },
    abort: () => sink.abort(),
  };
}

/** UTF-16 units of JSON a row group: some megabytes of memory, and enough for columns to compress well. */
const GROUP_LENGTH = 4 * 1024 * 1024;

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
/** The writer makes the text. */
const json = { type: 'BYTE_ARRAY', converted_type: 'JSON' } as const;
const one =
  (type: Omit<SchemaElement, 'name'>) =>
  (name: string): SchemaElement[] => [{ name, repetition_type: 'OPTIONAL', ...type }];

interface KindOfColumn {
  readonly schema: (name: string) => SchemaElement[];
  /** As `datasets` describes it. */
  readonly feature: object;
}

const KINDS: Readonly<Record<ParquetColumn['kind'], KindOfColumn>> = {
  text: { schema: one(text), feature: { dtype: 'string', _type: 'Value' } },
  number: { schema: one({ type: 'DOUBLE' }), feature: { dtype: 'float64', _type: 'Value' } },
  boolean: { schema: one({ type: 'BOOLEAN' }), feature: { dtype: 'bool', _type: 'Value' } },
  json: { schema: one(json), feature: { _type: 'Json' } },
  'json list': {
    schema: (name) => [
      { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', ...json },
    ],
    feature: { feature: { _type: 'Json' }, _type: 'List' },
  },
};

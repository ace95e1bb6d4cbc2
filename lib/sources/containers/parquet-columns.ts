import { type FileMetaData, parquetSchema, type SchemaElement, type SchemaTree } from 'hyparquet';
import { type ToJson, toJsonOf } from './parquet-values.ts';

/** A column of rows: all of what is below it where it is a list or a struct. */
export interface FileColumn {
  readonly name: string;
  /** Of this column alone, below a root. */
  readonly schema: SchemaElement[];
  readonly root: SchemaTree;
  /** Paths to the columns of the file that it is made of, by their names as JSON. */
  readonly leaves: ReadonlyMap<string, readonly SchemaTree[]>;
  readonly toJson: ToJson | undefined;
  readonly isNested: boolean;
}

/**
 * The columns, each with a schema of its own: hyparquet looks for a column among all that its schema has, which takes a time
 * that grows with their square. Throws what is wrong with them.
 */
export function columnsOf({ schema }: FileMetaData): readonly FileColumn[] {
  const [root] = schema;
  if (!root) throw new Error('it has no schema');
  const columns: FileColumn[] = [];
  const names = new Set<string>();
  for (let from = 1; from < schema.length; ) {
    const to = endOfColumn(schema, from);
    const column = toColumn([{ ...root, num_children: 1 }, ...schema.slice(from, to)]);
    if (names.has(column.name)) throw new Error('two of its columns have one name; rename one');
    names.add(column.name);
    columns.push(column);
    from = to;
  }
  return columns;
}

function endOfColumn(schema: readonly SchemaElement[], from: number): number {
  const open = [1];
  let leaves = 0;
  let at = from;
  for (; open.length > 0; at++) {
    const children = schema[at]?.num_children ?? 0;
    if (at >= schema.length) throw new Error('its schema ends early');
    if (children === 0) leaves++;
    open[open.length - 1] = (open.at(-1) ?? 0) - 1;
    if (children > 0) open.push(children);
    while (open.at(-1) === 0) open.pop();
    if (open.length > MOST_DEPTH) throw new Error(`a column nests deeper than ${MOST_DEPTH} levels`);
    if (leaves > MOST_LEAVES) throw new Error(`a column has more than ${MOST_LEAVES} fields`);
  }
  return at;
}

/** As deep as lists of structs of lists go; each level is walked for each value. */
const MOST_DEPTH = 64;
/** Within one column they are looked for one after the other. */
const MOST_LEAVES = 10_000;

function toColumn(schema: SchemaElement[]): FileColumn {
  const root = parquetSchema({ schema });
  const [tree] = root.children;
  if (!tree) throw new Error('it has no columns');
  const { name, repetition_type } = tree.element;
  if (name === '__proto__') throw new Error('a column is named "__proto__"; rename it');
  const leaves = new Map<string, readonly SchemaTree[]>();
  addLeaves([root, tree], leaves);
  const isNested = tree.children.length > 0 || repetition_type === 'REPEATED';
  return { name, schema, root, leaves, toJson: toJsonOf(tree), isNested };
}

function addLeaves(path: readonly SchemaTree[], leaves: Map<string, readonly SchemaTree[]>): void {
  const last = path.at(-1);
  // Its values may share their parts, and come to more than memory holds.
  if (last?.element.logical_type?.type === 'VARIANT') throw new Error('a column is of type VARIANT; cast it to JSON');
  if (last && last.children.length === 0) leaves.set(JSON.stringify(last.path), path);
  for (const child of last?.children ?? []) addLeaves([...path, child], leaves);
}

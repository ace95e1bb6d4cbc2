import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileStore } from '../adapters/files/file-store.ts';
import { valueReader } from '../lib/sources/containers/json-value.ts';
import { parquet } from '../lib/sources/containers/parquet.ts';

/** Reads all records of a Parquet file, and does nothing with them: `node bench/read-parquet.ts FILE`. */
const [file = ''] = process.argv.slice(2);
const store = fileStore(dirname(file));
const bytes = statSync(file).size;
const key = basename(file);
const object = { key, bytes, open: (start?: number, end?: number) => store.read(key, { start, end }) };
let records = 0;
for await (const span of parquet.read(object, { start: 0, end: bytes }, valueReader)) if ('item' in span) records += 1;
console.log(records);

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { jobQueries } from './duckdb/job-queries.ts';
import { pairsQuery, quote } from './duckdb/pairs-query.ts';

/**
 * The work of `dpo run` as one program of DuckDB's: `node bench/duckdb.ts job|pairs|parquet|nothing THREADS FILE OUT`. `pairs`
 * writes a line for each pair and no more; `parquet` writes JSON lines as a Parquet file; `nothing` loads DuckDB and ends.
 */
const [work = '', threads = '', file = '', out = ''] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', { threads });
const connection = await instance.connect();
if (work === 'job' || work === 'pairs') mkdirSync(out, { recursive: true });
if (work === 'job') for (const query of jobQueries(file, out)) await connection.run(query);
if (work === 'pairs') {
  await connection.run(`COPY (${pairsQuery(file)}) TO ${quote(join(out, 'pairs.jsonl'))} (FORMAT json)`);
}
// Row groups of some 20 MB of JSON, as the Hub's libraries write them; DuckDB's own have ten times as many rows.
if (work === 'parquet') {
  await connection.run(
    `COPY (FROM read_json(${quote(file)}, format = 'newline_delimited')) TO ${quote(out)} (FORMAT parquet, ROW_GROUP_SIZE 10000)`,
  );
}

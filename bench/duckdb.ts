import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { jobQueries } from './duckdb/job-queries.ts';
import { pairsQuery, quote } from './duckdb/pairs-query.ts';

/**
 * The work of `dpo run` as one program of DuckDB's: `node bench/duckdb.ts job|pairs|nothing THREADS FILE OUT`. `pairs`
 * writes a line for each pair and no more; `nothing` loads DuckDB and ends.
 */
const [work = '', threads = '', file = '', out = ''] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', { threads });
const connection = await instance.connect();
if (work !== 'nothing') mkdirSync(out, { recursive: true });
if (work === 'job') for (const query of jobQueries(file, out)) await connection.run(query);
if (work === 'pairs') {
  await connection.run(`COPY (${pairsQuery(file)}) TO ${quote(join(out, 'pairs.jsonl'))} (FORMAT json)`);
}

import { alternate, measure } from '../measure.ts';
import { type Bench, dpoArgs } from '../programs.ts';

/** The shipped sample from the published command, and what a process costs that does nothing. */
export const measureSample = (bench: Bench) =>
  alternate(bench.runs, {
    dpo: () => measure(dpoArgs(bench, { file: 'examples/tic-tac-toe.json', cores: bench.cores }), bench.cores),
    empty_node: () => measure(['--eval', '0'], bench.cores),
    duckdb_that_does_nothing: () => measure(['bench/duckdb.ts', 'nothing', String(bench.cores)], bench.cores),
  });

import { Command } from 'commander';
import { InvalidRequest } from '../../lib/errors.ts';
import { collectValues } from '../collect-values.ts';
import { type Flags, runHere } from './run.ts';

/** `dpo convert`: other formats of a committed run, without its traces. */
export function convertCommand(codeVersion: string): Command {
  return new Command('convert')
    .description('Write a committed run in other formats, from its collection.')
    .argument('<run>', "a run's directory or s3://bucket/runs/ID")
    .option('--format <name>', 'a format to write; repeatable', collectValues, [])
    .option('--out <place>', 'directory or s3://bucket/prefix to write to; by default where the run was written')
    .option('--set <setting=value>', 'one setting that differs from the committed run; repeatable', collectValues, [])
    .option('--run-id <id>', 'name of the new run; by default derived from its request and the collection')
    .option('--quiet', 'print only the result')
    .option('--json', 'print the manifest as one line of JSON instead of the table')
    .addHelpText('after', HELP)
    .action(async (run: string, { format, ...options }: ConvertOptions) => {
      if (format.length === 0) throw new InvalidRequest('Give a format to write, as in --format trl.');
      const { settingsOverCollection } = await import('../settings-over-collection.ts');
      const { settings, out } = await settingsOverCollection(run, format);
      await runHere({ out, ...options, paths: [], settings }, options, codeVersion);
    });
}

interface ConvertOptions extends Flags {
  readonly format: readonly string[];
  readonly out?: string;
  readonly set: readonly string[];
  readonly runId?: string;
}

const HELP = `
The result is a new run: its source is the first run's collection, and its other settings are the first run's. It makes the
same pairs, and chooses and splits them in the same way.

Examples:
  $ dpo convert out/runs/first --format openai
  $ dpo convert out/runs/first --format trl --set dataset.file_type=parquet
  $ dpo convert s3://my-collections/runs/first --format axolotl --out here`;

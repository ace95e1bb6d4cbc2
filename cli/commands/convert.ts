import { Command } from 'commander';
import { InvalidRequest } from '../../lib/errors.ts';
import { collectValues } from '../collect-values.ts';
import { type Flags, runHere } from './run.ts';

/** `dpo convert`: other formats of a committed run, without its traces. */
export function convertCommand(codeVersion: string): Command {
  return new Command('convert')
    .description('Write other formats of a committed run, from its collection.')
    .argument('<run>', "a run's directory or s3://bucket/runs/ID")
    .option('--format <name>', 'a format to write; repeatable', collectValues, [])
    .option('--out <place>', 'directory or s3://bucket/prefix to write to; by default where the run was written')
    .option('--set <setting=value>', 'one setting that differs from the committed run; repeatable', collectValues, [])
    .option('--run-id <id>', 'name of the new run; by default one that its request and the collection give')
    .option('--quiet', 'print the result alone')
    .option('--json', 'print the manifest as one line instead of the table')
    .addHelpText('after', HELP)
    .action(async (run: string, { format, ...options }: ConvertOptions) => {
      if (format.length === 0) throw new InvalidRequest('No format to write: name one, as in --format trl.');
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
It is a run of its own: its source is the other run's collection, and all other settings are the other run's. It makes the
same pairs, so both runs choose and split alike.

Examples:
  $ dpo convert out/runs/first --format openai
  $ dpo convert out/runs/first --format trl --set dataset.file_type=parquet
  $ dpo convert s3://my-collections/runs/first --format axolotl --out here`;

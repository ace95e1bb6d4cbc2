import { Command } from 'commander';
import { AWS_HELP, type WatchFlags, withAwsFlags, withWatchFlags } from '../aws/flags.ts';
import { collectValues } from '../collect-values.ts';
import type { RunArgs } from '../request-from-args.ts';

/** `dpo start`: a run on AWS, followed from here. */
export function startCommand(codeVersion: string): Command {
  const command = new Command('start')
    .description('Start a run on AWS and follow it; traces of this machine are uploaded first.')
    .argument('[paths...]', 'trace files, directories of them, or s3://bucket/prefix')
    .option('--request <file>', 'a request, as JSON or YAML')
    .option('--nat-config <file>', "NAT's configuration file")
    .option('--train', 'train with the trainer adapter of --nat-config, even if finetuning.enabled is false')
    .option('--set <setting=value>', 'one setting of the request; repeatable', collectValues)
    .option('--run-id <id>', 'name of the run; by default derived from its request and traces')
    .option('--no-follow', 'start it and do not follow it')
    .option('--dry-run', 'print an estimate of shards, pairs, time and cost, and start, upload and write nothing')
    .option('--quiet', 'print only the result');
  return withAwsFlags(withWatchFlags(command))
    .addHelpText('after', HELP)
    .action(async (paths: string[], options: StartFlags) => {
      const { start } = await import('../aws/start.ts');
      await start({ ...options, paths, out: '.' }, options, codeVersion);
    });
}

export interface StartFlags extends Omit<RunArgs, 'paths' | 'out'>, WatchFlags {
  readonly follow: boolean;
  readonly dryRun?: boolean;
}

const HELP = `
The same request over the same traces is the same run: a second start finds the first one.
Ctrl-C does not stop the run.
${AWS_HELP}

Examples:
  $ dpo start workflow_output.json --profile research
  $ dpo start traces/ --dry-run
  $ dpo start s3://my-traces/evaluations/ --run-id nightly-7 --no-follow`;

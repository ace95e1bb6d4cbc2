import { Command } from 'commander';
import { print } from '../terminal.ts';

/** `dpo diff`: what changed between two runs, and why. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('Show what changed between two runs: settings, traces, counters, pairs.')
    .argument('<run-a>', "a run's directory or s3://bucket/runs/ID; with --out its id")
    .argument('<run-b>', 'the run to compare with it')
    .option('--out <place>', 'where both runs were written: directory or s3://bucket/prefix')
    .option('--json', 'print the difference as one line of JSON')
    .addHelpText('after', HELP)
    .action(async (runA: string, runB: string, { out, json }: { out?: string; json?: boolean }) => {
      const [{ readRun }, { diffRuns }, { differenceText }] = await Promise.all([
        import('../read-run.ts'),
        import('../diff-runs.ts'),
        import('../difference-text.ts'),
      ]);
      const difference = diffRuns(await readRun(runA, out), await readRun(runB, out));
      print(json ? `${JSON.stringify(difference)}\n` : differenceText(difference));
    });
}

const HELP = `
Two pairs are the same if their example, turn, prompt and both answers are the same. The pairs of both runs are held in
memory, about 200 bytes each.

Examples:
  $ dpo diff out/runs/monday out/runs/tuesday
  $ dpo diff monday tuesday --out s3://my-collections --json`;

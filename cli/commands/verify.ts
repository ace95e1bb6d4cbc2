import { Command } from 'commander';
import { oneLine, print, tell } from '../terminal.ts';
import { bytesInWords, counted } from '../wording.ts';

/** `dpo verify`: whether a run's files are still what it committed. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Compare every file of a committed run with its manifest: bytes, checksums, files it does not list.')
    .argument('<run>', "a run's directory or s3://bucket/runs/ID; with --out its id")
    .option('--out <place>', 'where the run was written: directory or s3://bucket/prefix')
    .option('--json', 'print what was found as one line of JSON')
    .addHelpText('after', HELP)
    .action(async (run: string, { out, json }: { out?: string; json?: boolean }) => {
      const { describeDifference, verifyRun } = await import('../verify-run.ts');
      const found = await verifyRun(run, out);
      const { run_id, files, bytes, differences } = found;
      if (differences.length > 0) process.exitCode = 1;
      if (json) return print(`${JSON.stringify(found)}\n`);
      for (const difference of differences) tell(`${oneLine(describeDifference(difference))}\n`);
      if (differences.length > 0) tell(`Run ${run_id} is not what was committed.\n`);
      else print(`Run ${run_id} is as it was committed: ${counted(files, 'file')}, ${bytesInWords(bytes)}.\n`);
    });
}

const HELP = `
All files are read. The manifest itself is trusted: keep its checksum elsewhere where others may write to the bucket.
Exit codes: 0 as committed, 1 it differs (each file is named), 2 there is no committed run.

Examples:
  $ dpo verify out/runs/first
  $ dpo verify first --out s3://my-collections --json`;

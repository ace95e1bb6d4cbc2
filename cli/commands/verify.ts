import { Command } from 'commander';
import { oneLine, print, tell } from '../terminal.ts';
import { bytesInWords, counted } from '../wording.ts';

/** `dpo verify`: whether a run's files are still what it committed. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Compare every file of a committed run with its manifest: sizes, checksums, unlisted files.')
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
      if (differences.length > 0) tell(`Run ${run_id} differs from what it committed.\n`);
      else print(`Run ${run_id} is unchanged since its commit: ${counted(files, 'file')}, ${bytesInWords(bytes)}.\n`);
    });
}

const HELP = `
It reads all files and trusts the manifest. If others may write to the bucket, keep the manifest's checksum elsewhere.
Exit codes: 0 unchanged, 1 changed (it names each file), 2 the run is not committed.

Examples:
  $ dpo verify out/runs/first
  $ dpo verify first --out s3://my-collections --json`;

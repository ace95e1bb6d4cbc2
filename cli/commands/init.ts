import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { InvalidRequest } from '../../lib/errors.ts';
import { type InspectFlags, inspectPaths, withInspectFlags } from '../inspect-paths.ts';
import { localPath, traceLocation } from '../locations.ts';
import { refuseStandardInput } from '../standard-input.ts';
import { print } from '../terminal.ts';

/** `dpo init`: a request for the files at hand. */
export function initCommand(): Command {
  const command = new Command('init')
    .description('Inspect files and write a request for them.')
    .argument('<paths...>', 'trace files, directories of them, or s3://bucket/prefix')
    .option('--to <file>', 'the file to write; - prints it', 'request.yaml');
  return withInspectFlags(command)
    .addHelpText('after', HELP)
    .action(async (paths: string[], { to, ...flags }: InspectFlags & { to: string }) => {
      refuseStandardInput(await Promise.all(paths.map(traceLocation)));
      const inspected = await inspectPaths(paths, flags);
      const { requestText } = await import('../request-text.ts');
      const text = requestText(inspected);
      if (to === '-') return print(text);
      await create(to, text);
      print(`${to} is written. Read it, then: dpo run --request ${to} --out out\n`);
    });
}

async function create(file: string, text: string): Promise<void> {
  try {
    await writeFile(localPath(file), text, { flag: 'wx' });
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new InvalidRequest(
      exists
        ? `${file} exists: give another file with --to, or remove it.`
        : `${file} cannot be written: ${error instanceof Error ? error.message : error}.`,
      { cause: error },
    );
  }
}

const HELP = `
Examples:
  $ dpo init rollouts.jsonl
  $ dpo init traces/ --to nightly.yaml
  $ dpo init preferences.parquet --to -`;

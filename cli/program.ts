import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { completionCommand } from './commands/completion.ts';
import { convertCommand } from './commands/convert.ts';
import { diffCommand } from './commands/diff.ts';
import { initCommand } from './commands/init.ts';
import { inspectCommand } from './commands/inspect.ts';
import { listCommand } from './commands/list.ts';
import { logsCommand } from './commands/logs.ts';
import { pushCommand } from './commands/push.ts';
import { redriveCommand } from './commands/redrive.ts';
import { runCommand } from './commands/run.ts';
import { schemaCommand } from './commands/schema.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { verifyCommand } from './commands/verify.ts';
import { reportError } from './report-error.ts';
import { endWhereOutputFails, print, tell } from './terminal.ts';

endWhereOutputFails();
// What no command waits for may fail as well: it is reported as everything else is.
process.on('uncaughtException', (error) => process.exit(reportError(error, tell)));

const program = new Command('dpo')
  .description("Turns agents' traces with scored candidates into preference data for DPO training.")
  .version(packageJson.version)
  .exitOverride()
  .configureOutput({ writeOut: print, writeErr: tell })
  .showHelpAfterError('(dpo run --help shows how.)');
for (const command of [
  runCommand(packageJson.version),
  inspectCommand(),
  initCommand(),
  diffCommand(),
  convertCommand(packageJson.version),
  verifyCommand(),
  pushCommand(),
  startCommand(packageJson.version),
  statusCommand(),
  listCommand(),
  logsCommand(),
  redriveCommand(),
  schemaCommand(),
  completionCommand(program),
]) {
  program.addCommand(command.copyInheritedSettings(program));
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error, tell);
}

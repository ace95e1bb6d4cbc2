import { Command } from 'commander';
import { BuilderSettings } from '../../lib/contract/builder.ts';
import { traceLocation } from '../locations.ts';
import { print } from '../terminal.ts';

/** `dpo inspect`: what is in the traces, before anything runs. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Show what is in traces: steps, turns, scores, and the pairs that settings would make of them.')
    .argument('<paths...>', 'trace files, directories of them, or s3://bucket/prefix')
    .option('--step-name <name>', 'which TTC steps are candidates (builder.ttc_step_name)', DEFAULT_STEP_NAME)
    .option('--json', 'print everything as one line of JSON')
    .addHelpText('after', HELP)
    .action(async (paths: string[], { stepName, json }: { stepName: string; json?: boolean }) => {
      const locations = await Promise.all(paths.map(traceLocation));
      const [{ inspectTraces }, { warningsOf }, { inspectionTable }] = await Promise.all([
        import('../inspect-traces.ts'),
        import('../../lib/inspect/warnings.ts'),
        import('../inspection-table.ts'),
      ]);
      const inspection = await inspectTraces(locations, stepName);
      const warnings = warningsOf(inspection, stepName);
      print(json ? `${JSON.stringify({ ...inspection, warnings })}\n` : inspectionTable(inspection, warnings));
    });
}

const DEFAULT_STEP_NAME = BuilderSettings.parse({}).ttc_step_name;

const HELP = `
Nothing is written. Pairs are counted item by item: in "nat", items that share an id are not merged here.

Examples:
  $ dpo inspect workflow_output.json
  $ dpo inspect s3://my-traces/evaluations/ --step-name my_candidate
  $ dpo inspect traces/ --json`;

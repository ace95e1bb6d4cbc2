import { Command } from 'commander';
import { sumOfReasons } from '../../lib/contract/counters.ts';
import { NoTraces } from '../../lib/errors.ts';
import { type InspectFlags, inspectPaths, withInspectFlags } from '../inspect-paths.ts';
import type { Inspected } from '../inspect-traces.ts';
import { print } from '../terminal.ts';

/** `dpo inspect`: what is in the traces, before anything runs. */
export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('Show what files hold (format, groups, scores, losses) and which pairs the settings would make.')
    .argument('<paths...>', 'trace files, directories of them, s3://bucket/prefix, or - for standard input');
  return withInspectFlags(command)
    .option('--json', 'print everything as one line of JSON')
    .addHelpText('after', HELP)
    .action(async (paths: string[], { json, ...flags }: InspectFlags & { json?: boolean }) => {
      const { inspected } = await inspectPaths(paths, flags);
      const { value, text, warnings } = await describe(inspected, flags.stepName);
      print(json ? `${JSON.stringify(value)}\n` : text);
      if (!isReadable(inspected))
        throw new NoTraces(`Nothing in these files can be read. ${warnings.join(' ')}`.trim());
    });
}

async function describe(inspected: Inspected, stepName: string) {
  const { beside } = inspected;
  if (inspected.kind === 'source') {
    const { describeBeside } = await import('../../lib/stages/tally-beside.ts');
    const { sourceInspectionTable, warnOfSource } = await import('../source-inspection-table.ts');
    const warnings = [...warnOfSource(inspected.inspection), ...beside.map(describeBeside)];
    return {
      value: { ...inspected.inspection, beside, warnings },
      text: sourceInspectionTable(inspected.inspection, warnings),
      warnings,
    };
  }
  const { warningsOf } = await import('../../lib/inspect/warnings.ts');
  const { inspectionTable } = await import('../inspection-table.ts');
  const { warnOfPassedOver } = await import('../../lib/stages/warn-of-passed-over.ts');
  const { namePassedOver } = await import('../../lib/stages/source/resolve-source.ts');
  const { passedOver } = inspected;
  const warnings = [
    ...warningsOf(inspected.inspection, stepName),
    ...warnOfPassedOver({ format: 'nat', passed_over: namePassedOver(passedOver), beside }),
  ];
  return {
    value: { ...inspected.inspection, passed_over: passedOver, beside, warnings },
    text: inspectionTable(inspected.inspection, warnings),
    warnings,
  };
}

/** Whether there is a record that holds something, though it may be no candidate. */
function isReadable({ kind, inspection }: Inspected): boolean {
  if (kind === 'traces') return inspection.items > sumOfReasons(inspection.rejected_items);
  // One record may hold many that are lost.
  return inspection.candidates > 0 || inspection.records > sumOfReasons(inspection.rejected_records);
}

const HELP = `
This command writes nothing. It counts pairs item by item; a run in "nat" also merges items that share an id.

Examples:
  $ dpo inspect workflow_output.json
  $ dpo inspect rollouts.jsonl --set source.format.group=/task_id
  $ dpo inspect s3://my-traces/evaluations/ --step-name my_candidate
  $ dpo inspect traces/ --json`;

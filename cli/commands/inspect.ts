import { Command } from 'commander';
import { BuilderSettings } from '../../lib/contract/builder.ts';
import { sumOfReasons } from '../../lib/contract/counters.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { InvalidRequest, NoTraces } from '../../lib/errors.ts';
import type { Inspected } from '../inspect-traces.ts';
import { traceLocation } from '../locations.ts';
import { mergeSettings, settingsFromAssignment } from '../settings.ts';
import { print } from '../terminal.ts';

/** `dpo inspect`: what is in the traces, before anything runs. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description(
      'Show what files hold: format, groups, scores, losses, and the pairs that settings would make of them.',
    )
    .argument('<paths...>', 'trace files, directories of them, or s3://bucket/prefix')
    .option('--step-name <name>', 'which TTC steps are candidates (builder.ttc_step_name)', DEFAULT_STEP_NAME)
    .option('--set <setting=value>', 'a setting of the run, such as source.score=quality; repeatable', collect, [])
    .option('--json', 'print everything as one line of JSON')
    .addHelpText('after', HELP)
    .action(async (paths: string[], { stepName, json, set }: InspectOptions) => {
      const traces = await Promise.all(paths.map(traceLocation));
      const named = { run_id: 'inspect', source: { traces }, builder: { ttc_step_name: stepName } };
      const request = parseRequest(mergeSettings([named, ...set.map(settingsFromAssignment)]));
      if ('workflow' in request.source) throw new InvalidRequest('dpo inspect reads files: leave source.workflow out.');
      const { inspectTraces } = await import('../inspect-traces.ts');
      const inspected = await inspectTraces(request, request.source);
      const { value, text, warnings } = await describe(inspected, stepName);
      print(json ? `${JSON.stringify(value)}\n` : text);
      if (!isReadable(inspected))
        throw new NoTraces(`Nothing in these files can be read. ${warnings.join(' ')}`.trim());
    });
}

interface InspectOptions {
  readonly stepName: string;
  readonly json?: boolean;
  readonly set: readonly string[];
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

async function describe(inspected: Inspected, stepName: string) {
  if (inspected.kind === 'source') {
    const { sourceInspectionTable, warnOfSource } = await import('../source-inspection-table.ts');
    const warnings = warnOfSource(inspected.inspection);
    return {
      value: { ...inspected.inspection, warnings },
      text: sourceInspectionTable(inspected.inspection, warnings),
      warnings,
    };
  }
  const { warningsOf } = await import('../../lib/inspect/warnings.ts');
  const { inspectionTable } = await import('../inspection-table.ts');
  const warnings = warningsOf(inspected.inspection, stepName);
  const text = inspectionTable(inspected.inspection, warnings);
  return { value: { ...inspected.inspection, warnings }, text, warnings };
}

/** Whether there is a record that holds something, though it may be no candidate. */
function isReadable({ kind, inspection }: Inspected): boolean {
  return kind === 'traces'
    ? inspection.items > sumOfReasons(inspection.rejected_items)
    : inspection.records > sumOfReasons(inspection.rejected_records);
}

const DEFAULT_STEP_NAME = BuilderSettings.parse({}).ttc_step_name;

const HELP = `
Nothing is written. Pairs are counted item by item: in "nat", items that share an id are not merged here.

Examples:
  $ dpo inspect workflow_output.json
  $ dpo inspect rollouts.jsonl --set source.format.group=/task_id
  $ dpo inspect s3://my-traces/evaluations/ --step-name my_candidate
  $ dpo inspect traces/ --json`;

import type { Command } from 'commander';
import { BuilderSettings } from '../lib/contract/builder.ts';
import { parseRequest } from '../lib/contract/parse-request.ts';
import type { Request } from '../lib/contract/request.ts';
import type { TraceSource } from '../lib/contract/source.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { collectValues } from './collect-values.ts';
import type { Inspected } from './inspect-traces.ts';
import { traceLocation } from './locations.ts';
import { mergeSettings, type Settings, settingsFromAssignment } from './settings.ts';

const DEFAULT_STEP_NAME = BuilderSettings.parse({}).ttc_step_name;

/** The settings that files are inspected with. */
export interface InspectFlags {
  readonly stepName: string;
  readonly set: readonly string[];
}

export const withInspectFlags = (command: Command): Command =>
  command
    .option(
      '--step-name <name>',
      'name of the TTC steps that are candidates (builder.ttc_step_name)',
      DEFAULT_STEP_NAME,
    )
    .option(
      '--set <setting=value>',
      'a setting of the run, such as source.score=quality; repeatable',
      collectValues,
      [],
    );

export interface InspectedPaths {
  readonly request: Request & { readonly source: TraceSource };
  /** What `--set` gave, without defaults. */
  readonly given: Settings;
  readonly inspected: Inspected;
}

/** What the files hold, by the settings given. Throws {@link InvalidRequest} for paths and settings that are wrong. */
export async function inspectPaths(paths: readonly string[], { stepName, set }: InspectFlags): Promise<InspectedPaths> {
  const [first, ...more] = await Promise.all(paths.map(traceLocation));
  const traces = more.length === 0 ? first : [first, ...more];
  const named = { run_id: 'inspect', source: { traces }, builder: { ttc_step_name: stepName } };
  const given = mergeSettings(set.map(settingsFromAssignment));
  const { source, ...request } = parseRequest(mergeSettings([named, given]));
  if ('workflow' in source) throw new InvalidRequest('dpo inspect reads files. Leave source.workflow out.');
  const { inspectTraces } = await import('./inspect-traces.ts');
  return { request: { ...request, source }, given, inspected: await inspectTraces({ ...request, source }, source) };
}

import { Shards } from '../../lib/contract/plan.ts';
import type { EvaluateOutput, Exporting } from '../../lib/contract/states.ts';
import { type Stretch, Stretches } from '../../lib/contract/stretch.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { buildShard } from '../../lib/stages/build-shard.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { NO_LIMITS } from '../../lib/stages/export-limits.ts';
import { exportStretch } from '../../lib/stages/export-stretch.ts';
import { finalize } from '../../lib/stages/finalize.ts';
import type { RunDeps } from './run.ts';

/** A run up to where the stretches of its collection are to be recorded. */
export interface ExportingRun {
  readonly input: EvaluateOutput;
  /** What Finalize answered. */
  readonly output: Exporting;
  readonly stretches: readonly Stretch[];
}

export async function exportingRun(request: object, deps: RunDeps): Promise<ExportingRun> {
  const input = await evaluate({ execution: 'run', input: request }, deps);
  for (const shard of await readJson(deps.collections, input.plan.key, Shards)) {
    await buildShard({ run_id: input.run_id, shard }, deps);
  }
  const output = exportingOf(await finalize(input, { ...NO_LIMITS, ...deps }));
  return { input, output, stretches: await readJson(deps.collections, output.export.key, Stretches) };
}

/** The same up to where they are to be written. */
export async function writingRun(request: object, deps: RunDeps): Promise<ExportingRun> {
  const { input, output, stretches } = await exportingRun(request, deps);
  for (const stretch of stretches) await exportStretch({ run_id: input.run_id, phase: 'record', stretch }, deps);
  return { input, output: exportingOf(await finalize(output, { ...NO_LIMITS, ...deps })), stretches };
}

function exportingOf(answer: Awaited<ReturnType<typeof finalize>>): Exporting {
  if (answer.status !== 'exporting') throw new Error('it was exported alone');
  return answer;
}

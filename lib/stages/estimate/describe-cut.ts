import { isContainerSlice, type Shard, type Slice } from '../../contract/plan.ts';
import type { Request } from '../../contract/request.ts';
import type { TraceSource } from '../../contract/source.ts';
import type { LargestTask, RunCut } from '../../estimate/estimate-run.ts';
import { mayBeCut } from '../cut-shards.ts';
import { inputsOf } from '../describe-plan.ts';
import type { CutRun } from './sample-run.ts';

interface CutBy extends Pick<Request, 'builder' | 'limits'> {
  readonly source: TraceSource;
}

/** The plan as an estimate takes it. */
export function describeCut({ resolved, shards, grouping }: CutRun, by: CutBy): RunCut {
  const tasks = grouping.length > 0 ? grouping : shards;
  const inputs = inputsOf(tasks);
  const joinsAll = resolved.kind === 'records' && resolved.format.kind === 'assembled';
  return {
    inputs: inputs.length,
    inputBytes: inputs.reduce((sum, { bytes }) => sum + bytes, 0),
    shards: shards.length,
    groupingTasks: grouping.length,
    largest: { ...findLargest(tasks, by), ...(joinsAll && { fix: JOINS_LESS }) },
    joinsAll,
  };
}

const JOINS_LESS = 'fewer files per run, for example one day or one project';

function findLargest(tasks: readonly Shard[], { source, builder, limits }: CutBy): LargestTask {
  let largest: LargestTask & { readonly of: readonly Slice[] } = { bytes: 0, fix: '', of: [] };
  for (const { slices: of } of tasks) {
    const bytes = of.reduce((sum, { start, end }) => sum + end - start, 0);
    if (bytes > largest.bytes) largest = { bytes, fix: '', of };
  }
  const { bytes, of } = largest;
  // Packed tasks, and slices of a cut object, are as large as the request has them.
  const [slice] = of;
  if (of.length !== 1 || !slice || bytes <= limits.shard_bytes || !isWhole(slice)) {
    return { bytes, fix: 'a smaller limits.shard_bytes' };
  }
  if (!source.cut) return { bytes, fix: `source.cut true, so that several tasks read ${slice.key}` };
  if (!mayBeCut(builder) && !isContainerSlice(slice)) {
    return { bytes, fix: `several files in place of ${slice.key}, or builder.compatibility strict` };
  }
  return {
    bytes,
    fix: `several files in place of ${slice.key}, or uncompressed JSON lines, which several tasks read`,
  };
}

const isWhole = ({ start, end, object_bytes }: Slice): boolean => start === 0 && end === object_bytes;

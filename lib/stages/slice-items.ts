import type { TraceSlice } from '../contract/plan.ts';
import type { Request } from '../contract/request.ts';
import { workflowKeys } from '../contract/workflow.ts';
import type { ContainerSpan } from '../sources/containers/container.ts';
import { readItems } from '../sources/containers/read-records.ts';
import { natItemReader } from '../sources/formats/nat/nat-item.ts';
import { type NatNames, natNames } from '../sources/formats/nat/nat-names.ts';
import { readTraceItems } from '../sources/read-trace-items.ts';
import type { ReadItem } from '../sources/record.ts';
import type { TraceItem } from '../sources/trace-item.ts';
import { withinValues } from '../sources/value-cap.ts';
import { type Deps, storeOf } from './deps.ts';
import { workflowFailure } from './workflow/failure-line.ts';

/** The trace items of one slice, out of exactly the bytes that were pinned. */
export function sliceItems(
  runId: string,
  slice: TraceSlice,
  names: NatNames,
  deps: Deps,
): AsyncGenerator<ContainerSpan<TraceItem>> {
  const store = storeOf(slice.bucket, deps);
  const pin = { version: slice.version, etag: slice.etag };
  const open = (start: number, end?: number) => store.read(slice.key, { pin, start, end });
  const own = slice.bucket === deps.collectionsBucket && slice.key.startsWith(workflowKeys(runId).traces);
  return own
    ? readItems(open, slice, withinValues(orFailure(natItemReader(names))))
    : readTraceItems(open, slice, names);
}

/** What a live workflow answered is written under NAT's own keys. */
export const namesOf = ({ builder, source }: Pick<Request, 'builder' | 'source'>): NatNames =>
  natNames(builder.ttc_step_name, 'nat_keys' in source ? source.nat_keys : undefined);

/** Of the run's own traces, the lines that say why there is no answer are losses by that reason. */
const orFailure =
  (read: ReadItem<TraceItem>): ReadItem<TraceItem> =>
  (bytes) => {
    const rejected = workflowFailure(bytes);
    return rejected ? { rejected } : read(bytes);
  };

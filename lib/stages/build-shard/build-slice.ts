import type { TraceSlice } from '../../contract/plan.ts';
import type { Request } from '../../contract/request.ts';
import { placeItem } from '../../sources/place-item.ts';
import type { Deps } from '../deps.ts';
import { namesOf, sliceItems } from '../slice-items.ts';
import { diagnoseItem } from './diagnosis.ts';
import type { ExampleSink } from './open-shard.ts';

export interface SliceJob {
  readonly request: Request;
  readonly slice: TraceSlice;
  /** The slice's number in its shard. */
  readonly source: number;
}

/** Builds the slice's trace items, each a group of its own, in file order. */
export async function buildSlice({ request, slice, source }: SliceJob, shard: ExampleSink, deps: Deps): Promise<void> {
  const { run_id: runId, builder } = request;
  for await (const span of sliceItems(runId, slice, namesOf(request), deps)) {
    shard.countItem(span);
    const place = placeItem(slice.key, span);
    if ('rejected' in span) {
      await shard.loseItem(place, span.rejected);
      continue;
    }
    const { item } = span;
    shard.countUnused(item.unusedKeys);
    const read = item.read(builder.compatibility);
    if (read.candidates.length + read.rejected.length === 0) diagnoseItem(shard.diagnosis, item);
    await shard.addExample({ runId, exampleId: item.id.text }, source, [{ place, ...read }]);
  }
  if (slice.object_bytes === 0) shard.warn(`${slice.key} is empty (0 bytes).`);
}

import { isContainerSlice, type Slice } from '../../contract/plan.ts';
import type { Request } from '../../contract/request.ts';
import type { RunSource } from '../../contract/run-source.ts';
import { objectKeyOf } from '../../preferences/candidate-place.ts';
import { openFormat } from '../../sources/open-format.ts';
import type { Deps } from '../deps.ts';
import { makeRollouts } from '../source/make-rollouts.ts';
import { readRecords } from '../source/read-records.ts';
import { isRendered, nameExample, scoreCandidate, toPlace } from '../source/scored-candidate.ts';
import type { OpenShard } from './open-shard.ts';

export interface RecordsJob {
  readonly request: Request;
  readonly source: RunSource;
  readonly slices: readonly Slice[];
}

/** Builds the records of a format whose groups are complete: each record is one. */
export async function buildRecords(
  { request, source, slices }: RecordsJob,
  shard: OpenShard,
  deps: Deps,
): Promise<void> {
  const { run_id: runId, builder } = request;
  const format = openFormat(source.format, source.nat_keys);
  if (format.kind !== 'records') throw new TypeError(`${format.name} is grouped before its shards are built`);
  const settings = { unit: source.unit, dropTruncated: builder.drop_truncated };
  const sourceOf = new Map(slices.map(({ key }, number) => [key, number]));
  for await (const span of readRecords(slices.filter(isContainerSlice), format, deps)) {
    shard.countItem(span);
    const reading = 'record' in span ? format.read(span.record) : span;
    if ('rejected' in reading) {
      await shard.loseItem(toPlace(span.place), { exampleId: null, ...reading.rejected });
      continue;
    }
    if ('record' in span) shard.countUnused(format.unusedKeys?.(span.record) ?? []);
    const [first, ...others] = reading.candidates.map((candidate) =>
      scoreCandidate(span.place, candidate, source.score),
    );
    if (!first) continue;
    const group = [first, ...others];
    if (group.some(isRendered)) shard.noteRendered();
    const at = sourceOf.get(objectKeyOf(span.place.key)) ?? 0;
    await shard.addExample({ runId, exampleId: nameExample(first, others) }, at, makeRollouts(group, settings));
  }
}

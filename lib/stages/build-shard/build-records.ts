import { isContainerSlice, type Slice } from '../../contract/plan.ts';
import type { Request } from '../../contract/request.ts';
import type { RunSource } from '../../contract/run-source.ts';
import { openFormat } from '../../sources/open-format.ts';
import type { Deps } from '../deps.ts';
import { makeRollouts } from '../source/make-rollouts.ts';
import { readRecords } from '../source/read-records.ts';
import { identifyGroup, isRendered, scoreCandidate, toPlace } from '../source/scored-candidate.ts';
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
    // An answer that could not be read has no prompt to name the example after.
    const { exampleId } = identifyGroup(group.find(({ candidate }) => candidate.loss === undefined) ?? first);
    const [key = ''] = span.place.key.split('!/', 1);
    await shard.addExample({ runId, exampleId }, sourceOf.get(key) ?? 0, makeRollouts(group, settings));
  }
}

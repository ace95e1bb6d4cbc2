import type { BuilderSettings } from '../contract/builder.ts';
import { addCounts, noCounts } from '../contract/counters.ts';
import type { IndexedItem } from '../contract/item-index.ts';
import type { Slice } from '../contract/plan.ts';
import { Request } from '../contract/request.ts';
import type { BuildShardInput, BuildShardOutput } from '../contract/states.ts';
import { Summary } from '../contract/summary.ts';
import type { Rejected } from '../contract/trajectory.ts';
import { crc32 } from '../objects/checksum.ts';
import { runKeys } from '../objects/keys.ts';
import { type ObjectSink, openSink } from '../objects/object-sink.ts';
import { inOneChunk } from '../objects/store.ts';
import { jsonText, readJson } from '../objects/stored-json.ts';
import { toUtf8 } from '../objects/utf8.ts';
import { buildExample } from '../preferences/example.ts';
import type { TraceItem } from '../sources/formats/nat/trace-item.ts';
import type { ItemRejection, Span } from '../sources/record.ts';
import type { Deps } from './deps.ts';
import { diagnose, noDiagnosis } from './diagnosis.ts';
import { idDigest, packDigests } from './id-digest.ts';
import { sliceItems } from './slice-items.ts';

/**
 * Streams the shard's trace items, pairs their candidates, and writes groups, losses and the index as it goes; the
 * summary last, once. A shard whose summary stands is not built again. Throws {@link InputChanged} where a trace object
 * is no longer the one that was planned.
 */
export async function buildShard({ run_id, shard }: BuildShardInput, deps: Deps): Promise<BuildShardOutput> {
  const keys = runKeys(run_id).shard(shard.ordinal);
  if (await deps.collections.head(keys.summary))
    return report(await readJson(deps.collections, keys.summary, Summary), false);

  const { builder } = await readJson(deps.collections, runKeys(run_id).request, Request);
  const started = deps.now();
  const build = openBuild(run_id, builder, keys, deps);
  try {
    for (const [number, slice] of shard.slices.entries()) await build.slice(slice, number);
  } catch (error) {
    await build.abort();
    throw error;
  }
  const built = await build.close();
  const summary: Summary = {
    run_id,
    ordinal: shard.ordinal,
    ...built,
    started_at: started.toISOString(),
    seconds: (deps.now().getTime() - started.getTime()) / 1000,
  };
  // Another execution of this shard may have been first: its summary says the same but for the time.
  await deps.collections.create(keys.summary, jsonText(summary));
  return report(summary, true);
}

const report = ({ run_id, ordinal, counters }: Summary, built: boolean): BuildShardOutput => ({
  run_id,
  ordinal,
  built,
  items: counters.total_items,
  candidates: counters.total_candidates,
  pairs: counters.total_pairs,
  bytes: counters.bytes,
  rejected_items: counters.rejected_items,
  rejected_candidates: counters.rejected_candidates,
});

function openBuild(
  runId: string,
  settings: BuilderSettings,
  keys: { collection: string; rejected: string; index: string; ids: string },
  deps: Deps,
) {
  const collection = openSink(deps.collections, keys.collection);
  const rejected = openSink(deps.collections, keys.rejected);
  const index = openSink(deps.collections, keys.index);
  const counters = noCounts();
  const diagnosis = noDiagnosis();
  const warnings: string[] = [];
  const firstRejected: Summary['first_rejected'] = [];
  /** Of the slice being read; a cut object's shard has one slice. */
  let ids: bigint[] = [];
  let repeats = false;
  let cut = false;
  let rejectedLines = 0;

  const reject = async (lines: readonly Rejected[]): Promise<void> => {
    for (const line of lines) await rejected.writeText(jsonLine(line));
    rejectedLines += lines.length;
  };

  const loseItem = async (slice: Slice, offset: number, why: ItemRejection): Promise<void> => {
    counters.rejected_items[why.reason] = (counters.rejected_items[why.reason] ?? 0) + 1;
    if (firstRejected.length < 3)
      firstRejected.push({ key: slice.key, offset, reason: `${why.reason}: ${why.detail}` });
    await reject([
      {
        run_id: runId,
        kind: 'item',
        reason: why.reason,
        detail: why.detail,
        key: slice.key,
        offset,
        example_id: why.exampleId,
        turn_id: null,
        candidate_uuid: null,
      },
    ]);
  };

  const takeItem = async (
    slice: Slice,
    number: number,
    { offset }: Span<TraceItem>,
    item: TraceItem,
  ): Promise<void> => {
    const origin = { runId, key: slice.key, exampleId: item.id.text };
    const built = buildExample(origin, [{ offset, item }], settings);
    if (!built) {
      const detail =
        'its turns allow more than a million pairs; cap the candidates of a turn, or set builder.exhaustive_pairs to false';
      await loseItem(slice, offset, { reason: 'too_many_pairs', detail, exampleId: item.id.text });
      return;
    }
    addCounts(counters, built.counters);
    if (item.payloads.length === 0) diagnose(diagnosis, item);
    const at = { collection: collection.bytes, rejected: rejected.bytes };
    if (built.hasPairs) {
      for (const text of built.line) {
        const behind = collection.write(text);
        // Awaiting nothing would cost a turn of the event loop's microtasks for each pair.
        if (behind) await behind;
      }
      await collection.write(NEWLINE);
    }
    await reject(built.rejected);
    ids.push(idDigest(item.id.text));
    const entry: IndexedItem = {
      slice: number,
      id_key: item.id.key,
      example_id: item.id.text,
      offset,
      collection: { start: at.collection, bytes: collection.bytes - at.collection },
      rejected: { start: at.rejected, bytes: rejected.bytes - at.rejected },
      counters: built.counters,
    };
    await index.writeText(jsonLine(entry));
  };

  return {
    async slice(slice: Slice, number: number): Promise<void> {
      cut = slice.cut !== null;
      ids = [];
      for await (const span of sliceItems(runId, slice, settings.ttc_step_name, deps)) {
        counters.total_items += 1;
        counters.bytes += span.bytes;
        if ('item' in span) await takeItem(slice, number, span, span.item);
        else await loseItem(slice, span.offset, span.rejected);
      }
      if (new Set(ids).size < ids.length) repeats = true;
      if (slice.object_bytes === 0) warnings.push(`${slice.key} is empty (0 bytes).`);
    },
    async close() {
      const [collectionPart, rejectedPart] = await closeAll([collection, rejected, index]);
      const digests = packDigests(cut ? ids : []);
      if (cut) await deps.collections.write(keys.ids, inOneChunk(digests));
      return {
        counters,
        collection: collectionPart,
        rejected: { ...rejectedPart, lines: rejectedLines },
        repeats,
        ids: cut ? ids.length : 0,
        first_rejected: firstRejected,
        diagnosis,
        warnings,
      };
    },
    abort: async () => {
      await Promise.all([collection.abort(), rejected.abort(), index.abort()]);
    },
  };
}

const jsonLine = (line: Rejected | IndexedItem): string => `${JSON.stringify(line)}\n`;
const NEWLINE = toUtf8('\n');

async function closeAll(sinks: readonly [ObjectSink, ObjectSink, ObjectSink]) {
  const closing = sinks.map((sink) => sink.close());
  // All are over before the failure of one is told: a function that has ended must not leave an upload half done.
  await Promise.allSettled(closing);
  const [collection, rejected] = await Promise.all(closing);
  return [part(collection), part(rejected)] as const;
}

const part = (written: { bytes: number; crc32: number } | 'exists' | undefined) =>
  typeof written === 'object' ? written : { bytes: 0, crc32: crc32(new Uint8Array()) };

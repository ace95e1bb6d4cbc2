import { Request } from '../contract/request.ts';
import type { ExportStretchInput, ExportStretchOutput } from '../contract/states.ts';
import { RecordedStretch, type Stretch, StretchesChoice, WrittenStretch } from '../contract/stretch.ts';
import type { Group } from '../contract/trajectory.ts';
import { unpackDecisions } from '../datasets/decisions.ts';
import { type ExportPlan, planExport } from '../datasets/export-plan.ts';
import { recordOf } from '../datasets/group-record.ts';
import { storeLineSink } from '../datasets/line-sink.ts';
import { recordBytes } from '../datasets/record-bytes.ts';
import { pairWriter, shapesOf } from '../datasets/write-pairs.ts';
import { CorruptObject } from '../errors.ts';
import { crc32 } from '../objects/checksum.ts';
import { runKeys } from '../objects/keys.ts';
import { readAll } from '../objects/store.ts';
import { jsonText, readJson } from '../objects/stored-json.ts';
import type { Deps } from './deps.ts';
import { groupsOf } from './groups-of.ts';

/**
 * One stretch of a collection that is too large for Finalize to export alone: records its pairs, or writes what was
 * chosen of them. What stands already is not done again. Throws {@link CorruptObject} where the stretch is not the one
 * that was recorded.
 */
export async function exportStretch(
  { run_id, phase, stretch }: ExportStretchInput,
  deps: Deps,
): Promise<ExportStretchOutput> {
  const request = await readJson(deps.collections, runKeys(run_id).request, Request);
  const plan = planExport(request.dataset, request.builder);
  const step = { request, plan, stretch, deps };
  const { pairs } = phase === 'record' ? await record(step) : await write(step);
  return { run_id, ordinal: stretch.ordinal, pairs };
}

interface Step {
  readonly request: Request;
  readonly plan: ExportPlan;
  readonly stretch: Stretch;
  readonly deps: Deps;
}

async function record({ request: { run_id }, plan, stretch, deps }: Step): Promise<RecordedStretch> {
  const { ordinal } = stretch;
  const keys = runKeys(run_id).export.stretch(ordinal);
  const store = deps.collections;
  if (await store.head(keys.recorded)) return readJson(store, keys.recorded, RecordedStretch);
  const records = recorder(plan);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let waiting: Uint8Array[] = [];
    let bytes = 0;
    for await (const group of groupsOf(runKeys(run_id).collection, stretch, deps)) {
      const next = records.add(group);
      waiting.push(next);
      bytes += next.length;
      if (bytes < CHUNK_BYTES) continue;
      yield Buffer.concat(waiting);
      waiting = [];
      bytes = 0;
    }
    yield Buffer.concat(waiting);
  }
  await store.write(keys.records, chunks());
  const recorded: RecordedStretch = { run_id, ordinal, ...records.told() };
  await store.create(keys.recorded, jsonText(recorded));
  return recorded;
}

async function write({ request, plan, stretch, deps }: Step): Promise<WrittenStretch> {
  const { run_id, dataset } = request;
  const all = runKeys(run_id);
  const keys = all.export.stretch(stretch.ordinal);
  const store = deps.collections;
  if (await store.head(keys.written)) return readJson(store, keys.written, WrittenStretch);
  const recorded = await readJson(store, keys.recorded, RecordedStretch);
  const choice = await readJson(store, all.export.choice, StretchesChoice);
  const decisions = unpackDecisions(await readAll(store, keys.decisions), plan.views.length, recorded);
  const open = (format: string, file: string) => storeLineSink(store, keys.part(format, file));
  const writer = pairWriter(plan, dataset, decisions, shapesOf(choice, plan), open);
  const records = recorder(plan);
  try {
    for await (const group of groupsOf(all.collection, stretch, deps)) {
      records.add(group);
      await writer.group(group);
    }
    if (records.told().crc32 !== recorded.crc32) {
      throw new CorruptObject(
        `Bytes ${stretch.start} to ${stretch.end} of ${store.name}/${all.collection} are not what they were when their pairs were recorded; start the run under another run id.`,
      );
    }
    const formats = await writer.close();
    const written: WrittenStretch = { run_id, ordinal: stretch.ordinal, pairs: writer.pairs, formats: [...formats] };
    await store.create(keys.written, jsonText(written));
    return written;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** The records of groups, one after the other, and what there is to tell of them. */
function recorder(plan: ExportPlan) {
  const sources = new Map<string, number>();
  let groups = 0;
  let pairs = 0;
  let checksum = crc32(new Uint8Array());
  return {
    add(group: Group): Uint8Array {
      const next = recordOf(group, plan);
      const source = sources.get(next.source) ?? sources.size;
      sources.set(next.source, source);
      groups += 1;
      pairs += next.pairs.length;
      const bytes = recordBytes(next, source, plan);
      checksum = crc32(bytes, checksum);
      return bytes;
    },
    told: () => ({ groups, pairs, sources: [...sources.keys()], crc32: checksum }),
  };
}

/** 256 KiB: a store is given few chunks, and little is held. */
const CHUNK_BYTES = 2 ** 18;

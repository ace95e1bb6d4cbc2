import { ChoiceFacts } from '../contract/choice-facts.ts';
import { Request } from '../contract/request.ts';
import type { WriteDatasetsInput, WriteDatasetsOutput } from '../contract/states.ts';
import { Summary } from '../contract/summary.ts';
import { WrittenDatasets } from '../contract/written-datasets.ts';
import { type DatasetPlan, planDatasets } from '../datasets/dataset-plan.ts';
import { unpackDecisions } from '../datasets/decisions.ts';
import { type FormatWriter, formatWriter } from '../datasets/format-writer.ts';
import { layoutFor, type Slot } from '../datasets/layout.ts';
import type { PairTexts } from '../datasets/line-template.ts';
import { type PairBlock, readPairIndex } from '../datasets/pair-index.ts';
import { StoreRefused, StoreUnavailable } from '../errors.ts';
import { type ByteCursor, byteCursor } from '../objects/byte-cursor.ts';
import { crc32 } from '../objects/checksum.ts';
import { runKeys } from '../objects/keys.ts';
import { openSink } from '../objects/object-sink.ts';
import { readAll } from '../objects/store.ts';
import { jsonText, readChecked, readJson } from '../objects/stored-json.ts';
import { TEXT_GAPS } from '../preferences/trajectory-text.ts';
import type { Deps } from './deps.ts';

/**
 * Writes one shard's part of every dataset file: what was chosen of its pairs, by copying their texts out of the shard's
 * part of the collection. A shard whose parts are written is not written again. Throws {@link CorruptObject} where the
 * part, its index or the decisions are not the ones that belong together.
 */
export async function writeDatasets(input: WriteDatasetsInput, deps: Deps): Promise<WriteDatasetsOutput> {
  const { run_id, ordinal } = input;
  const keys = runKeys(run_id);
  const store = deps.collections;
  const shard = keys.shard(ordinal);
  if (await store.head(shard.written)) return report(await readJson(store, shard.written, WrittenDatasets));

  const request = await readJson(store, keys.request, Request);
  const facts = await readJson(store, keys.choice.facts, ChoiceFacts);
  const plan = planDatasets(request.dataset, request.builder);
  const packed = await readAll(store, keys.choice.decisions(ordinal));
  const summary = await readJson(store, shard.summary, Summary);
  const writers = openWriters(input, request, { plan, facts, packed, pairs: summary.index.pairs }, deps);
  try {
    await writeShard(summary, plan, writers, deps);
    const formats: WrittenDatasets['formats'] = {};
    for (const { name, close } of writers) formats[name] = await close();
    const decisions = { bytes: packed.length, crc32: crc32(packed) };
    const written: WrittenDatasets = { run_id, ordinal, decisions, formats };
    await store.create(shard.written, jsonText(written));
    return report(written);
  } catch (error) {
    await Promise.all(writers.map(({ abort }) => abort()));
    // What is altered can fail anywhere before its checksum is compared.
    if (!isOfStore(error)) await requireUnaltered(summary, deps);
    throw error;
  }
}

const isOfStore = (error: unknown): boolean => error instanceof StoreUnavailable || error instanceof StoreRefused;

const report = ({ run_id, ordinal, formats }: WrittenDatasets): WriteDatasetsOutput => ({
  run_id,
  ordinal,
  lines: Object.values(formats)
    .flat()
    .reduce((sum, { lines }) => sum + lines, 0),
});

interface Chosen {
  readonly plan: DatasetPlan;
  readonly facts: ChoiceFacts;
  /** The shard's decisions. */
  readonly packed: Uint8Array;
  /** How many the shard has. */
  readonly pairs: number;
}

function openWriters(
  { run_id, ordinal }: WriteDatasetsInput,
  { dataset }: Request,
  { plan, facts, packed, pairs }: Chosen,
  { collections }: Deps,
): readonly FormatWriter[] {
  const keys = runKeys(run_id);
  const decisions = unpackDecisions(packed, plan.views.length, pairs);
  return plan.formats.map(({ name, view }) => {
    const decided = decisions[plan.views.indexOf(view)];
    if (!decided) throw new Error(`Nothing was decided for the view ${view}.`);
    return formatWriter({
      name,
      layout: layoutFor(facts.views[view]?.shape ?? 0, plan, dataset, facts.rendered),
      decisions: decided,
      buckets: dataset.curriculum?.buckets ?? null,
      fileType: dataset.file_type,
      open: (file) => openSink(collections, keys.shard(ordinal).dataset(name, file)),
    });
  });
}

async function writeShard(
  { run_id, ordinal, index, collection }: Summary,
  plan: DatasetPlan,
  writers: readonly FormatWriter[],
  { collections }: Deps,
): Promise<void> {
  const keys = runKeys(run_id).shard(ordinal);
  if (index.pairs === 0) return;
  const name = `${collections.name}/${keys.index}`;
  const part = byteCursor(readChecked(collections, keys.collection, collection.crc32));
  const blocks = readPairIndex(readChecked(collections, keys.index, index.crc32), plan, { pairs: index.pairs, name });
  let first = 0;
  for await (const block of blocks) {
    await writeBlock(block, first, part, writers);
    first += block.pairs;
  }
  // To the end, so that its checksum is compared.
  await part.finish();
}

/** Writes what was chosen of a block of pairs, of which `first` is the first one's number in the part of the collection. */
export async function writeBlock(
  block: PairBlock,
  first: number,
  part: ByteCursor,
  writers: readonly FormatWriter[],
): Promise<void> {
  const start = block.doubles('start');
  const [promptBytes, chosenBytes] = [block.integers('promptBytes'), block.integers('chosenBytes')];
  const rejectedBytes = block.integers('rejectedBytes');
  const [toolsBytes, toolsGap] = [block.integers('toolsBytes'), block.integers('toolsGap')];
  const tailBytes = block.integers('tailBytes');
  const held = writers.map((writer) => ({ writer, unheld: block.unheld(writer.name) }));
  for (let row = 0; row < block.pairs; row++) {
    let texts: PairTexts | undefined;
    for (const { writer, unheld } of held) {
      if (unheld[row] !== 0 || !writer.writes(first + row)) continue;
      texts ??= await readTexts(part, start[row] ?? 0, {
        prompt: promptBytes[row] ?? 0,
        chosen: chosenBytes[row] ?? 0,
        rejected: rejectedBytes[row] ?? 0,
        tools: toolsBytes[row] ?? 0,
        toolsGap: toolsGap[row] ?? 0,
        tail: tailBytes[row] ?? 0,
      });
      const behind = writer.write(first + row, texts);
      if (behind) await behind;
    }
  }
}

/** Throws {@link CorruptObject} where what is read of the shard is not what was built. */
async function requireUnaltered({ run_id, ordinal, index, collection }: Summary, { collections }: Deps): Promise<void> {
  const keys = runKeys(run_id).shard(ordinal);
  for (const [key, { crc32 }] of [
    [keys.collection, collection],
    [keys.index, index],
  ] as const) {
    for await (const _ of readChecked(collections, key, crc32));
  }
}

/** The pair's texts in the part, by where its prompt begins and how long they are; the tools lie a gap behind them. */
async function readTexts(
  part: ByteCursor,
  start: number,
  bytes: Readonly<Record<Slot | 'tools' | 'toolsGap' | 'tail', number>>,
): Promise<PairTexts> {
  const chosenAt = start + bytes.prompt + TEXT_GAPS.chosen;
  const rejectedAt = chosenAt + bytes.chosen + TEXT_GAPS.rejected;
  const tailAt = rejectedAt + bytes.rejected;
  const toolsAt = tailAt + bytes.toolsGap;
  const { held, base } = await part.reach(start, tailAt + bytes.tail);
  return {
    bytes: held,
    prompt: { start: start - base, end: start - base + bytes.prompt },
    chosen: { start: chosenAt - base, end: chosenAt - base + bytes.chosen },
    rejected: { start: rejectedAt - base, end: rejectedAt - base + bytes.rejected },
    tail: { start: tailAt - base, end: tailAt - base + bytes.tail },
    tools: bytes.tools === 0 ? undefined : { start: toolsAt - base, end: toolsAt - base + bytes.tools },
  };
}

import type { TraceSlice } from '../../contract/plan.ts';
import type { Request } from '../../contract/request.ts';
import { DIGEST_WORDS, wordTable } from '../../datasets/word-table.ts';
import { RepeatedIdsTooLarge } from '../../errors.ts';
import { DIGEST_BYTES, digestText } from '../../preferences/digest.ts';
import { pairExample, type Rollout } from '../../preferences/pair-example.ts';
import { placeItem } from '../../sources/place-item.ts';
import type { ExampleId } from '../../sources/trace-item.ts';
import type { Deps } from '../deps.ts';
import { namesOf, sliceItems } from '../slice-items.ts';
import { buildSlice, type SliceJob } from './build-slice.ts';
import type { ExampleSink } from './open-shard.ts';

/**
 * Builds the items of a whole trace object by NAT's rules 1, 7 and 10: of the items with one id the last stays, at the
 * first one's place and under the first one's text; items whose ids are different but read alike (1 and "1") share their
 * turns. The ids are read first. Where none repeats, nearly always, that is all.
 */
export async function buildNatSlice(job: SliceJob, shard: ExampleSink, deps: Deps): Promise<void> {
  const ids = await readIds(job, deps);
  if (!ids.repeat) return buildSlice(job, shard, deps);
  const groups = await readDisplaced(job, ids, deps);
  const { request, slice, source } = job;
  const originOf = (exampleId: string) => ({ runId: request.run_id, exampleId });
  let place = -1;
  for await (const span of sliceItems(request.run_id, slice, namesOf(request), deps)) {
    place += 1;
    shard.countItem(span);
    const at = placeItem(slice.key, span);
    if ('rejected' in span) {
      await shard.loseItem(at, span.rejected);
      continue;
    }
    const { item } = span;
    const id = ids.find(item.id);
    if (id.last !== place) await shard.loseItem(at, { ...REPLACED, exampleId: item.id.text });
    const group = groups.get(place);
    if (group) await shard.addExample(originOf(group.exampleId), source, group.rollouts);
    else if (isInPlace(id))
      await shard.addExample(originOf(item.id.text), source, [{ place: at, ...item.read('nat') }]);
  }
}

const REPLACED = {
  reason: 'replaced_by_later_item',
  detail: 'a later item of this file has the same id, and NAT keeps the last',
} as const;

/** What is known of an id: the places of its first and last item, and how many ids read as its first item's does. */
interface KnownId {
  readonly first: number;
  readonly last: number;
  readonly alike: number;
  /** Number of the first item's text. */
  readonly text: number;
}

const isInPlace = ({ first, last, alike }: KnownId): boolean => first === last && alike === 1;

/** 24 bytes an item: its id's digest, and the place of its last item; twice where all ids differ. */
async function readIds({ request, slice }: SliceJob, deps: Deps) {
  const [keys, texts] = [wordTable(DIGEST_WORDS), wordTable(DIGEST_WORDS)];
  const [first, last, textOf, alike] = [[], [], [], []] as [number[], number[], number[], number[]];
  let place = -1;
  let repeat = false;
  for await (const span of sliceItems(request.run_id, slice, namesOf(request), deps)) {
    place += 1;
    if ('rejected' in span) continue;
    const { id } = span.item;
    const [known, read] = [keys.size, texts.size];
    const key = keys.add(wordsOf(id.key), 0);
    last[key] = place;
    if (key < known) {
      repeat = true;
      continue;
    }
    first[key] = place;
    const text = texts.add(wordsOf(id.text), 0);
    textOf[key] = text;
    alike[text] = (alike[text] ?? 0) + 1;
    if (text < read) repeat = true;
  }
  return {
    repeat,
    find(id: ExampleId): KnownId {
      const key = keys.add(wordsOf(id.key), 0);
      const text = textOf[key] ?? 0;
      return { first: first[key] ?? 0, last: last[key] ?? 0, alike: alike[text] ?? 1, text };
    },
  };
}

function wordsOf(text: string): Uint32Array {
  const bytes = Buffer.alloc(DIGEST_BYTES);
  bytes.write(digestText(text), 'latin1');
  return new Uint32Array(bytes.buffer, bytes.byteOffset, DIGEST_WORDS);
}

interface NatGroup {
  readonly exampleId: string;
  readonly rollouts: readonly Rollout[];
}

/** The groups whose items are not where they are written, by the place where they are: held from one reading to the next. */
async function readDisplaced(
  { request, slice }: SliceJob,
  ids: Awaited<ReturnType<typeof readIds>>,
  deps: Deps,
): Promise<ReadonlyMap<number, NatGroup>> {
  const byText = new Map<number, { exampleId: string; items: { first: number; rollout: Rollout }[] }>();
  let place = -1;
  let held = 0;
  for await (const span of sliceItems(request.run_id, slice, namesOf(request), deps)) {
    place += 1;
    if ('rejected' in span) continue;
    const id = ids.find(span.item.id);
    if (isInPlace(id)) continue;
    const group = byText.get(id.text) ?? { exampleId: '', items: [] };
    byText.set(id.text, group);
    if (place === id.first && group.exampleId === '') group.exampleId = span.item.id.text;
    if (place !== id.last) continue;
    const rollout = { place: placeItem(slice.key, span), ...span.item.read('nat') };
    held += sizeOf(rollout);
    if (held > MOST_HELD_BYTES) throw tooLarge(slice, request);
    group.items.push({ first: id.first, rollout });
  }
  const placed = [...byText.values()].map(({ exampleId, items }): [number, NatGroup] => {
    const inOrder = items.toSorted((a, b) => a.first - b.first);
    const rollouts = inOrder.map(({ rollout }) => rollout);
    // NAT groups trajectories in order of the first one: a group is where the turn of its first pair begins.
    const paired = pairExample({ exampleId, rollouts }, request.builder, request.limits);
    const begins = 'rejected' in paired ? undefined : paired.firstTurnPlace;
    const first = inOrder.find(({ rollout }) => rollout.place === begins) ?? inOrder[0];
    return [first?.first ?? 0, { exampleId, rollouts }];
  });
  return new Map(placed);
}

/** 256 MiB of texts, of which a Lambda of 1,769 MB holds several times as many. */
const MOST_HELD_BYTES = 2 ** 28;

const sizeOf = ({ candidates }: Rollout): number =>
  candidates.reduce(
    (sum, { prompt, response, metadataJson }) => sum + prompt.json.length + response.json.length + metadataJson.length,
    0,
  );

const tooLarge = ({ key }: TraceSlice, { run_id }: Request): RepeatedIdsTooLarge =>
  new RepeatedIdsTooLarge(
    `Run ${run_id}: the items of ${key} whose ids repeat hold more than ${MOST_HELD_BYTES} bytes of candidates, and NAT's order needs them at once. Set builder.compatibility to strict, or split the file.`,
  );

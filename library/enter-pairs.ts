import { planDatasets } from '../lib/datasets/dataset-plan.ts';
import { readPairIndex } from '../lib/datasets/pair-index.ts';
import { openPairTable } from '../lib/datasets/pair-table.ts';
import { memoryStore } from '../lib/objects/memory-store.ts';
import { openSink } from '../lib/objects/object-sink.ts';
import { toUtf8 } from '../lib/objects/utf8.ts';
import { objectKeyOf } from '../lib/preferences/candidate-place.ts';
import {
  type Comparison,
  type EncodedPrompt,
  type EncodedResponse,
  type EncodedTools,
  encodePrompt,
  encodeResponse,
  encodeTools,
} from '../lib/preferences/encoded-text.ts';
import type { PreferencePair } from '../lib/preferences/pairs.ts';
import { openCollectionPart } from '../lib/stages/build-shard/collection-part.ts';
import type { Pair } from './pair.ts';
import type { InputRequest } from './settings.ts';

/**
 * Writes the pairs to a collection in memory, and enters them for the formats of the request. Gives what a run's shard has
 * of them: the collection, its index, and the table that is chosen from.
 */
export async function enterPairs(pairs: readonly Pair[], { run_id: runId, builder, dataset }: InputRequest) {
  const store = memoryStore('pairs');
  const [collection, index] = [openSink(store, 'collection'), openSink(store, 'index')];
  const part = openCollectionPart({ builder, dataset }, collection, index);
  const comparison = builder.compatibility === 'nat' ? 'as written' : 'normal form';
  const sources = new Map<string, number>();
  for (const group of groupAdjacent(pairs, isSameExample)) {
    const [{ exampleId, lineage }] = group;
    const key = objectKeyOf(lineage.key);
    const source = sources.get(key) ?? sources.size;
    sources.set(key, source);
    const encode = pairEncoder(comparison);
    const turns = groupAdjacent(group, (one, other) => one.turnId === other.turnId).map((turn) => turn.map(encode));
    await part.addGroup({ runId, exampleId }, source, turns);
  }
  await part.end();
  await Promise.all([collection.close(), index.close()]);
  const plan = planDatasets(dataset, builder);
  const readIndex = () => readPairIndex(store.read('index'), plan, { pairs: pairs.length, name: 'the pairs' });
  const table = openPairTable(plan, pairs.length);
  for await (const block of readIndex()) table.add(block, [...sources.keys()]);
  return { plan, table: table.close(), index: readIndex, collection: () => store.read('collection') };
}

const isSameExample = (one: Pair, other: Pair): boolean =>
  one.example === other.example && one.exampleId === other.exampleId;

type Group<Item> = readonly [Item, ...Item[]];

function groupAdjacent<Item>(
  items: readonly Item[],
  isSame: (one: Item, other: Item) => boolean,
): readonly Group<Item>[] {
  const groups: [Item, ...Item[]][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last && isSame(last[0], item)) last.push(item);
    else groups.push([item]);
  }
  return groups;
}

/** Encodes the pairs of one example: a text that several have, once. */
function pairEncoder(comparison: Comparison): (pair: Pair) => PreferencePair {
  const prompts = new Map<Pair['prompt'], EncodedPrompt>();
  const responses = new Map<Pair['chosen'], EncodedResponse>();
  const offered = new Map<Pair['tools'], EncodedTools | undefined>();
  const responseOf = (value: Pair['chosen']): EncodedResponse =>
    getOrMake(responses, value, () => encodeResponse(value, comparison));
  return ({ turnId, margin, lineage, ...pair }) => {
    const { chosen_uuid, rejected_uuid, ...place } = lineage;
    const { tools } = pair;
    const shared = {
      ...{ turnId, index: 0, place, metadataJson: NO_METADATA },
      prompt: getOrMake(prompts, pair.prompt, () => encodePrompt(pair.prompt, comparison)),
      tools: getOrMake(offered, tools, () => tools && encodeTools(tools)),
    };
    const chosen = { ...shared, score: pair.scoreChosen, response: responseOf(pair.chosen), uuid: chosen_uuid };
    const rejected = { ...shared, score: pair.scoreRejected, response: responseOf(pair.rejected), uuid: rejected_uuid };
    return { chosen, rejected, margin, among: 2 };
  };
}

/** It is the collection's alone. */
const NO_METADATA = toUtf8('{}');

function getOrMake<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

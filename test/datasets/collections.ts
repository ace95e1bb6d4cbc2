import fc from 'fast-check';
import { ChoiceFacts } from '../../lib/contract/choice-facts.ts';
import { type Counters, noCounts } from '../../lib/contract/counters.ts';
import { DatasetResult } from '../../lib/contract/dataset-result.ts';
import { Request } from '../../lib/contract/request.ts';
import { Summary } from '../../lib/contract/summary.ts';
import type { Group, Prompt, Response, Trajectory } from '../../lib/contract/trajectory.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { openSink } from '../../lib/objects/object-sink.ts';
import { jsonText } from '../../lib/objects/stored-json.ts';
import { toUtf8 } from '../../lib/objects/utf8.ts';
import { positionOf } from '../../lib/preferences/candidate-place.ts';
import { encodePrompt, encodeResponse, encodeTools } from '../../lib/preferences/encoded-text.ts';
import type { PreferencePair } from '../../lib/preferences/pairs.ts';
import { openCollectionPart } from '../../lib/stages/build-shard/collection-part.ts';
import { noDiagnosis } from '../../lib/stages/build-shard/diagnosis.ts';
import { chooseAmong } from '../../lib/stages/choose.ts';
import type { Deps } from '../../lib/stages/deps.ts';
import { composeDatasets } from '../../lib/stages/finalize/compose-datasets.ts';
import type { BuiltShard } from '../../lib/stages/summaries.ts';
import { writeDatasets } from '../../lib/stages/write-datasets.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';

export interface PairSpec {
  readonly prompt?: Prompt;
  readonly chosen?: Response;
  readonly rejected?: Response;
  readonly margin?: number;
  readonly turn?: string;
  readonly tools?: readonly unknown[];
}

/** A group as the builder writes it. `offset` tells groups of one trace object apart. */
export function group(example: string, pairs: readonly PairSpec[], { key = 'traces.json', offset = 0 } = {}): Group {
  return {
    run_id: 'run',
    example_id: example,
    trajectories: pairs.map((pair) => trajectory(example, pair, key, offset)),
  };
}

function trajectory(example_id: string, pair: PairSpec, key: string, offset: number): Trajectory {
  const { prompt = 'p', chosen = 'good', rejected = 'bad', margin = 1, turn = 'turn', tools } = pair;
  return {
    episode: [{ prompt, chosen_response: chosen, rejected_response: rejected }],
    reward: margin,
    shaped_rewards: null,
    metadata: {
      dpo_type: 'preference_pair',
      score_diff: margin,
      example_id,
      turn_id: turn,
      chosen_score: margin,
      rejected_score: 0,
      chosen_index: 0,
      rejected_index: 1,
      num_candidates: 2,
      ...(tools && { tools: [...tools] }),
      lineage: { key, offset, chosen_uuid: null, rejected_uuid: null },
    },
  };
}

export interface Exported {
  readonly result: DatasetResult;
  readonly facts: ChoiceFacts;
  /** Text by `format/file`. */
  readonly files: ReadonlyMap<string, string>;
  /** Bytes by `format/file`. */
  readonly bodies: ReadonlyMap<string, Buffer>;
  /** The lines of one file, parsed. */
  readonly lines: (file: string) => readonly unknown[];
}

export interface ExportOptions {
  readonly compatibility?: 'strict' | 'nat';
  readonly totals?: Counters;
  readonly runId?: string;
  /** Groups a shard. */
  readonly shardGroups?: number;
  /** The prompts have a chat template in them already. */
  readonly rendered?: boolean;
}

/** Chooses and writes the datasets of groups as a run does, in memory. The result has to pass its own schema. */
export async function exported(
  groups: readonly Group[],
  dataset: unknown = {},
  {
    compatibility = 'strict',
    totals = noCounts(),
    runId = 'run',
    shardGroups = 1000,
    rendered = false,
  }: ExportOptions = {},
): Promise<Exported> {
  const collections = memoryStore('collections');
  const request = Request.parse({
    run_id: runId,
    source: { traces: { bucket: 'traces', prefix: '' } },
    builder: { compatibility },
    dataset,
  });
  const shards = Math.max(1, Math.ceil(groups.length / shardGroups));
  const deps = { ...memoryDeps(undefined, collections), memoryBytes: Number.POSITIVE_INFINITY };
  await collections.create(runKeys(runId).request, jsonText(request));
  const built: BuiltShard[] = [];
  for (let ordinal = 0; ordinal < shards; ordinal++) {
    const here = groups.slice(ordinal * shardGroups, (ordinal + 1) * shardGroups);
    const shard = await builtShard(request, ordinal, here, ordinal === 0 ? totals : noCounts(), deps);
    built.push({ ...shard, summary: { ...shard.summary, rendered } });
  }
  const facts = await chooseAmong(request, { built, grouping: [] }, deps);
  for (let ordinal = 0; ordinal < shards; ordinal++) await writeDatasets({ run_id: runId, ordinal }, deps);
  const { result } = await composeDatasets(request, facts, { grouped: [], built, all: built }, deps);
  const folder = runKeys(runId).dataset('', '').slice(0, -1);
  const bodies = new Map(
    [...collections.objects]
      .filter(([key]) => key.startsWith(folder))
      .map(([key, bytes]): [string, Buffer] => [key.slice(folder.length), bytes]),
  );
  const files = new Map([...bodies].map(([file, bytes]): [string, string] => [file, bytes.toString()]));
  return {
    result: DatasetResult.parse(JSON.parse(JSON.stringify(result))),
    facts: ChoiceFacts.parse(JSON.parse(JSON.stringify(facts))),
    files,
    bodies,
    lines: (file) => parseLines(files.get(file) ?? ''),
  };
}

async function builtShard(
  request: Request,
  ordinal: number,
  groups: readonly Group[],
  counters: Counters,
  { collections }: Deps,
): Promise<BuiltShard> {
  const keys = runKeys(request.run_id).shard(ordinal);
  const [collection, index] = [openSink(collections, keys.collection), openSink(collections, keys.index)];
  const part = openCollectionPart(request, collection, index);
  const sources = [...new Set(groups.map(({ trajectories }) => trajectories[0]?.metadata.lineage.key ?? ''))];
  const items = new Set<string>();
  for (const { example_id: exampleId, trajectories } of groups) {
    const key = trajectories[0]?.metadata.lineage.key ?? '';
    for (const { metadata } of trajectories) items.add(`${key} ${positionOf(metadata.lineage)}`);
    const pairs = trajectories.map((one) => pairOf(one, request.builder.compatibility));
    const turns = [...Map.groupBy(pairs, ({ chosen }) => `${positionOf(chosen.place)} ${chosen.turnId}`).values()];
    await part.addGroup({ runId: request.run_id, exampleId }, sources.indexOf(key), turns);
  }
  await part.end();
  const summary = Summary.parse({
    run_id: request.run_id,
    ordinal,
    counters,
    collection: await collection.close(),
    rejected: { bytes: 0, crc32: 0, lines: 0 },
    index: { ...Object(await index.close()), pairs: part.pairs },
    items_with_pairs: items.size,
    first_rejected: [],
    unused_keys: [],
    diagnosis: noDiagnosis(),
    repetitions: [],
    warnings: [],
    started_at: '2026-01-02T03:04:05.678Z',
    seconds: 1,
  });
  await collections.create(keys.summary, jsonText(summary));
  const slice = { bucket: 'traces', etag: '"e"', object_bytes: 1, cut: null, start: 0, end: 1 };
  return { summary, shard: { ordinal, slices: sources.map((key) => ({ ...slice, key })) } };
}

function pairOf({ episode, metadata }: Trajectory, compatibility: 'strict' | 'nat'): PreferencePair {
  const [{ prompt, chosen_response, rejected_response }] = episode;
  const comparison = compatibility === 'nat' ? 'as written' : 'normal form';
  const shared = {
    turnId: metadata.turn_id,
    prompt: encodePrompt(prompt, comparison),
    metadataJson: toUtf8('{}'),
    uuid: null,
    tools: metadata.tools && encodeTools(metadata.tools),
    place: { key: metadata.lineage.key, offset: positionOf(metadata.lineage) },
  };
  const answer = (response: Response, index: number, score: number) => ({
    ...shared,
    index,
    score,
    response: encodeResponse(response, comparison),
  });
  return {
    chosen: answer(chosen_response, 0, metadata.chosen_score),
    rejected: answer(rejected_response, 1, metadata.rejected_score),
    margin: metadata.score_diff,
    among: 2,
  };
}

export const parseLines = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));

const toolCall = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } };

/** Few words, so that duplicates, contradictions and shared prompts are common. */
const text = fc.constantFrom('x', 'y', 'zz', 'User: w');
const message = fc.oneof(
  { weight: 6, arbitrary: fc.record({ role: fc.constantFrom('user', 'assistant', 'system'), content: text }) },
  { weight: 1, arbitrary: fc.constant({ content: 'x', role: 'user', name: null }) },
  { weight: 1, arbitrary: fc.constant({ role: 'user', content: 'x', name: 'ann' }) },
  { weight: 1, arbitrary: fc.constant({ role: 'assistant', content: null, tool_calls: [toolCall] }) },
  { weight: 1, arbitrary: fc.constant({ role: 'tool', content: 'x', tool_call_id: 'c1' }) },
  { weight: 1, arbitrary: fc.constant({ role: 'user', content: [{ type: 'text', text: 'x' }] }) },
  { weight: 1, arbitrary: fc.constant({ role: 'user', content: 'x', strange: { b: 1, a: 2 } }) },
);
const prompt: fc.Arbitrary<Prompt> = fc.oneof(text, fc.array(message, { maxLength: 3 }));
const response: fc.Arbitrary<Response> = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 1, arbitrary: fc.record({ role: fc.constant('assistant'), content: text }) },
  { weight: 1, arbitrary: fc.constant({ role: 'assistant', content: null, tool_calls: [toolCall] }) },
);

const pair: fc.Arbitrary<PairSpec> = fc.record({
  prompt,
  chosen: response,
  rejected: response,
  margin: fc.constantFrom(0.25, 0.5, 1),
  turn: fc.constantFrom('t1', 't2'),
});

/** Arbitrary collections, of texts only or of messages too: a dataset has another form for each. */
export const collections: fc.Arbitrary<readonly Group[]> = fc
  .constantFrom(pair, fc.record({ prompt: text, chosen: text, rejected: text }))
  .chain((pairs) =>
    fc.array(
      fc.record({
        example: fc.constantFrom('a', 'a_rep0', 'a_rep1', 'b', 'c', 'd', 'e_rep2'),
        key: fc.constantFrom('one.json', 'two.json'),
        pairs: fc.array(pairs, { minLength: 1, maxLength: 5 }),
      }),
      { maxLength: 8 },
    ),
  )
  // The builder makes a pair of two different responses only.
  .map((specs) =>
    specs.map(({ example, key, pairs }, index) =>
      group(
        example,
        pairs.map((one) => (one.chosen === one.rejected ? { ...one, rejected: 'other' } : one)),
        { key, offset: index },
      ),
    ),
  );

import { type Shard, Shards, TraceObject } from '../contract/plan.ts';
import { runKeys } from '../objects/keys.ts';
import { readJson, readLines } from '../objects/stored-json.ts';
import { cutShards } from './cut-shards.ts';
import type { Deps } from './deps.ts';
import { planText } from './plan-text.ts';

export interface CutDeps extends Deps {
  /** What is left of the function's time, in milliseconds. */
  readonly remainingMs: () => number;
}

/** What one round came to. */
export interface Cut {
  /** The traces as the run's first round pinned them. */
  readonly objects: readonly TraceObject[];
  /** How many shards there are so far. */
  readonly shards: number;
  /** All of them, in order; undefined where the time ran out, and a further round is needed. */
  readonly plan: AsyncIterable<Shard> | undefined;
}

/**
 * Cuts the objects found into shards, as far as the time allows, from where the rounds before it ended. A round that
 * runs out of time leaves its shards under the run, created once: of two that race, the next one goes on from one.
 * Shards are the same wherever rounds ended.
 */
export async function cutInRounds(
  runId: string,
  found: readonly TraceObject[],
  shardBytes: number,
  deps: CutDeps,
): Promise<Cut> {
  const before = await earlierRounds(runId, deps);
  const objects = before?.objects ?? found;
  const shards: Shard[] = [];
  for await (const shard of cutShards(objects, shardBytes, deps, before?.last)) {
    shards.push(shard);
    if (deps.remainingMs() >= RESERVED_MS) continue;
    await keep(runId, { objects, shards, rounds: before?.rounds }, deps);
    return { objects, shards: shard.ordinal + 1, plan: undefined };
  }
  const last = shards.at(-1) ?? before?.last;
  return {
    objects,
    shards: last ? last.ordinal + 1 : 0,
    plan: inOrder(before?.rounds ?? [], shards, deps),
  };
}

/**
 * 3 minutes, in which a Lambda reads some 10 GB: time to find the end of one shard more, which is what a round cannot
 * leave undone, and to write down what was cut.
 */
export const RESERVED_MS = 180_000;

interface EarlierRounds {
  readonly objects: readonly TraceObject[];
  /** Keys, in order. */
  readonly rounds: readonly string[];
  readonly last: Shard | undefined;
}

async function earlierRounds(runId: string, { collections }: Deps): Promise<EarlierRounds | undefined> {
  const { cutting } = runKeys(runId);
  if (!(await collections.head(cutting.traces))) return undefined;
  const objects = await Array.fromAsync(readLines(collections, cutting.traces, TraceObject));
  const rounds = (await Array.fromAsync(collections.list(cutting.rounds))).map(({ key }) => key);
  const latest = rounds.at(-1);
  return { objects, rounds, last: latest ? (await readJson(collections, latest, Shards)).at(-1) : undefined };
}

/** What an ended round leaves: nothing, where another execution of this run left it first. */
async function keep(
  runId: string,
  round: {
    readonly objects: readonly TraceObject[];
    readonly shards: readonly Shard[];
    /** Those before it; undefined: the traces are not pinned yet. */
    readonly rounds: readonly string[] | undefined;
  },
  { collections }: Deps,
): Promise<void> {
  const { cutting } = runKeys(runId);
  if (!round.rounds) {
    const written = await collections.write(cutting.traces, linesOf(round.objects), { ifAbsent: true });
    // Its shards are of the traces that it pinned, which may be others.
    if (written === 'exists') return;
  }
  await collections.write(cutting.round(round.rounds?.length ?? 0), planText(round.shards), { ifAbsent: true });
}

async function* linesOf(objects: readonly TraceObject[]): AsyncGenerator<Uint8Array> {
  for (const object of objects) yield Buffer.from(`${JSON.stringify(object)}\n`);
}

async function* inOrder(
  rounds: readonly string[],
  shards: readonly Shard[],
  { collections }: Deps,
): AsyncGenerator<Shard> {
  for (const round of rounds) yield* await readJson(collections, round, Shards);
  yield* shards;
}

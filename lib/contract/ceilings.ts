import * as z from 'zod';
import { CeilingExceeded } from '../errors.ts';
import { Limits, type Request } from './request.ts';
import type { WorkflowSource } from './workflow.ts';

/** Of a request that sets none. */
const SHARD_BYTES = Limits.parse({}).shard_bytes;

/** The stack's ceilings that its owner sets; the others are {@link DEFAULT_CEILINGS}. */
export const SetCeilings = z
  .strictObject({
    /** Bytes of `limits.shard_bytes`, at least. */
    minShardBytes: z.int().min(1024).max(SHARD_BYTES),
    /** Bytes of `limits.shard_bytes`, at most. */
    maxShardBytes: z.int().min(SHARD_BYTES),
    /** Child executions of any one map: shards, tasks of GroupCandidates, batches. */
    maxChildren: z.int().min(1),
    /**
     * Seconds that a live workflow may be asked for, all its examples one after the other: examples × repetitions × tries
     * × `timeout_seconds`.
     */
    maxWorkflowSeconds: z.int().min(1),
    /** Of `limits.max_concurrency` and `source.workflow.max_concurrency`. A workflow is asked 8 examples at once by default. */
    maxConcurrency: z.int().min(8).max(10_000),
  })
  .partial();
export type SetCeilings = z.infer<typeof SetCeilings>;

/**
 * What one run may cost at most, as the stack's owner sets it: who may start a run cannot spend more. A request that sets
 * nothing stays below all of them.
 */
export const Ceilings = SetCeilings.required();
export type Ceilings = z.infer<typeof Ceilings>;

export const DEFAULT_CEILINGS: Ceilings = {
  /** 1 MiB: a shard is a child execution and a dozen objects, whatever its size. */
  minShardBytes: 1_048_576,
  /** 1 GiB: a child has 15 minutes, and this takes it a few of them. */
  maxShardBytes: 1_073_741_824,
  /** So many shards of 64 MiB are 1.3 TB. */
  maxChildren: 20_000,
  /** 10,000 examples, 8 times each, with 3 further tries of 300 seconds. */
  maxWorkflowSeconds: 100_000_000,
  /** What most accounts have. */
  maxConcurrency: 1000,
};

/** Throws {@link CeilingExceeded} for settings that are beyond a ceiling by themselves. */
export function requireSettingsBelow({ limits, source }: Pick<Request, 'limits' | 'source'>, ceilings: Ceilings): void {
  const { shard_bytes, max_concurrency } = limits;
  if (shard_bytes < ceilings.minShardBytes) {
    throw new CeilingExceeded(
      `limits.shard_bytes is ${shard_bytes}, and the stack's minShardBytes is ${ceilings.minShardBytes}. ${wayOut('minShardBytes', 'a larger limits.shard_bytes')}`,
    );
  }
  requireBelow('maxShardBytes', ceilings, {
    what: 'limits.shard_bytes',
    value: shard_bytes,
    fix: 'a smaller limits.shard_bytes',
  });
  const settings = [
    ['limits.max_concurrency', max_concurrency],
    ['source.workflow.max_concurrency', 'workflow' in source ? source.workflow.max_concurrency : undefined],
  ] as const;
  for (const [what, value = 0] of settings) {
    requireBelow('maxConcurrency', ceilings, { what, value, fix: `a smaller ${what}` });
  }
}

/** Throws {@link CeilingExceeded} where asking a live workflow could take longer, or more children, than is allowed. */
export function requireWorkflowBelow(rows: number, source: WorkflowSource, ceilings: Ceilings): void {
  const { reps, max_retries, timeout_seconds, batch_size } = source;
  requireBelow('maxWorkflowSeconds', ceilings, {
    what: `${rows} examples × ${reps} repetitions × ${1 + max_retries} tries × ${timeout_seconds} seconds (source.workflow.timeout_seconds)`,
    value: rows * reps * (1 + max_retries) * timeout_seconds,
    fix: 'fewer examples, or smaller reps, max_retries or timeout_seconds',
  });
  requireChildrenBelow(Math.ceil(rows / batch_size) * reps, 'batches of the dataset', ceilings, 'a larger batch_size');
}

/** Throws {@link CeilingExceeded}. `what`: of which a map's children are, one each. */
export function requireChildrenBelow(value: number, what: string, ceilings: Ceilings, fix: string): void {
  if (value <= ceilings.maxChildren) return;
  throw new CeilingExceeded(
    `The run would have ${value} ${what} or more, and the stack's maxChildren is ${ceilings.maxChildren}. ${wayOut('maxChildren', fix)}`,
  );
}

interface Cost {
  readonly what: string;
  readonly value: number;
  /** What the request can ask for instead. */
  readonly fix: string;
}

function requireBelow(name: keyof Ceilings, ceilings: Ceilings, { what, value, fix }: Cost): void {
  if (value <= ceilings[name]) return;
  throw new CeilingExceeded(`${what} is ${value}, and the stack's ${name} is ${ceilings[name]}. ${wayOut(name, fix)}`);
}

const wayOut = (name: keyof Ceilings, fix: string): string =>
  `Ask for ${fix}, or have the stack deployed with another ceiling (--context 'ceilings={"${name}":…}').`;

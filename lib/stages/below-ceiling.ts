import { type Ceilings, requireChildrenBelow } from '../contract/ceilings.ts';

export interface CeilingDeps {
  /** Left out on the machine of the person who asks: none. */
  readonly ceilings?: Ceilings | undefined;
}

/** The tasks of a map as they are planned. Throws CeilingExceeded at the first one too many, so that no list outgrows memory. */
export async function* belowCeiling<Task>(
  tasks: AsyncIterable<Task>,
  what: 'shards' | 'tasks of GroupCandidates',
  { ceilings }: CeilingDeps,
): AsyncGenerator<Task> {
  let count = 0;
  for await (const task of tasks) {
    count += 1;
    if (ceilings) requireChildrenBelow(count, what, ceilings, FEWER);
    yield task;
  }
}

const FEWER = 'a larger limits.shard_bytes, or fewer traces per run';

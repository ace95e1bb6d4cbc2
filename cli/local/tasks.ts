import type {
  BuildShardInput,
  BuildShardOutput,
  ChooseInput,
  ChooseOutput,
  GroupCandidatesInput,
  GroupCandidatesOutput,
  WriteDatasetsInput,
  WriteDatasetsOutput,
} from '../../lib/contract/states.ts';
import { buildShard } from '../../lib/stages/build-shard/build-shard.ts';
import { choose } from '../../lib/stages/choose.ts';
import type { Deps } from '../../lib/stages/deps.ts';
import { groupCandidates } from '../../lib/stages/group-candidates.ts';
import { writeDatasets } from '../../lib/stages/write-datasets.ts';
import { type ByteCount, countingDeps } from './byte-tally.ts';

/** The tasks that take a run's time, each of which can run in a thread of its own: what goes in, what comes out. */
interface TaskTypes {
  GroupCandidates: { input: GroupCandidatesInput; output: GroupCandidatesOutput };
  BuildShard: { input: BuildShardInput; output: BuildShardOutput };
  Choose: { input: ChooseInput & { readonly memoryBytes: number }; output: ChooseOutput };
  WriteDatasets: { input: WriteDatasetsInput; output: WriteDatasetsOutput };
}

export type TaskName = keyof TaskTypes;
export type TaskInput<Name extends TaskName> = TaskTypes[Name]['input'];
export type TaskOutput<Name extends TaskName> = TaskTypes[Name]['output'];

const TASKS: { [Name in TaskName]: (input: TaskInput<Name>, deps: Deps) => Promise<TaskOutput<Name>> } = {
  GroupCandidates: groupCandidates,
  BuildShard: buildShard,
  Choose: ({ memoryBytes, ...input }, deps) => choose(input, { ...deps, memoryBytes }),
  WriteDatasets: writeDatasets,
};

/** Runs tasks, here or in threads of their own. */
export interface TaskRunner {
  /** `count` gets the bytes as the task deals with them. */
  run<Name extends TaskName>(name: Name, input: TaskInput<Name>, count: ByteCount): Promise<TaskOutput<Name>>;
}

/** While one task waits for its files to reach the disk, a worker thread has another. */
export const TASKS_A_THREAD = 2;

/** In this thread. */
export const tasksHere = (deps: Deps): TaskRunner => ({
  run: (name, input, count) => {
    const task: (input: TaskInput<typeof name>, deps: Deps) => Promise<TaskOutput<typeof name>> = TASKS[name];
    return task(input, countingDeps(deps, count));
  },
});

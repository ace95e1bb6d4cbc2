import type { EvaluateOutput, FinalizeOutput } from '../contract/states.ts';

/** The tasks of a run, each over all that the state machine gives its map or its state. */
export interface RunTasks {
  evaluate(): Promise<EvaluateOutput>;
  askWorkflow(plan: EvaluateOutput): Promise<unknown>;
  planTraces(): Promise<EvaluateOutput>;
  groupCandidates(plan: EvaluateOutput): Promise<void>;
  buildShards(plan: EvaluateOutput): Promise<void>;
  choose(): Promise<void>;
  writeDatasets(plan: EvaluateOutput): Promise<void>;
  finalize(): Promise<FinalizeOutput>;
}

export interface RanInOrder {
  readonly committed: FinalizeOutput;
  /** The run was committed before. */
  readonly before: boolean;
}

/** Does the tasks up to the committed run in the order of `infra/state-machine.ts`. A test holds the two equal. */
export async function runInOrder(tasks: RunTasks): Promise<RanInOrder> {
  const evaluated = await tasks.evaluate();
  const before = evaluated.status === 'committed';
  if (!before) {
    if (evaluated.status === 'workflow') await tasks.askWorkflow(evaluated);
    const plan = evaluated.status === 'workflow' ? await tasks.planTraces() : evaluated;
    if (plan.status === 'scattered') await tasks.groupCandidates(plan);
    await tasks.buildShards(plan);
    if (plan.datasets !== 'none') await tasks.choose();
    if (plan.datasets === 'files') await tasks.writeDatasets(plan);
  }
  return { committed: await tasks.finalize(), before };
}

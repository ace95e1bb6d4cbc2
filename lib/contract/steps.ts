/** The tasks of a run: on AWS a Lambda function each. */
export const STEPS = [
  ...(['Evaluate', 'RunWorkflow', 'PlanTraces', 'GroupCandidates', 'BuildShard'] as const),
  ...(['Choose', 'WriteDatasets', 'Finalize'] as const),
  ...(['SubmitTraining', 'CheckTraining', 'DeployModel', 'RecordFailure'] as const),
];
/** Seconds that an execution may take: 23 days, the longest training that it follows and all before that. */
export const EXECUTION_SECONDS = 2_000_000;

export type Step = (typeof STEPS)[number];

/** The tasks of a run: on AWS a Lambda function each. */
export const STEPS = [
  ...(['Evaluate', 'RunWorkflow', 'PlanTraces', 'GroupCandidates', 'BuildShard'] as const),
  ...(['Choose', 'WriteDatasets', 'Finalize'] as const),
  ...(['SubmitTraining', 'CheckTraining', 'DeployModel', 'RecordFailure'] as const),
];
export type Step = (typeof STEPS)[number];

/** Of a stack: by these the command line finds a pipeline. Their names, and what they say. */
export const OUTPUTS = {
  TracesBucket: 'Where traces are uploaded.',
  CollectionsBucket: 'Where runs are written, under runs/<run_id>/.',
  StateMachineArn: 'The state machine.',
  UploadPrefix: 'Uploads here start runs.',
} as const;
export type OutputName = keyof typeof OUTPUTS;

import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Step } from '../lib/contract/steps.ts';
import { grantObjects, list, READ, useKey, WRITE } from './grants.ts';

/** What a step's function may do with the files of runs. Which run's they are, IAM cannot say: see docs/architecture.md. */
interface RunRights {
  /** Where it looks what is there. */
  readonly lists: string;
  readonly allows: readonly (readonly [actions: readonly string[], keys: readonly string[]])[];
}

/** Files of a run's folder, by their place in it. */
const inRuns = (...files: readonly string[]): readonly string[] => files.map((file) => `runs/*/${file}`);

const ALL = ['runs/*'];

/** Reads runs, and writes one folder of them, whose objects it marks for the lifecycle rule that removes them. */
const expiring = (folder: 'shards' | 'choice'): RunRights => ({
  lists: 'runs/*',
  allows: [
    [READ, ALL],
    [[...WRITE, 's3:PutObjectTagging'], inRuns(`${folder}/*`)],
  ],
});

const TRAINED = ['training/*', 'training.jsonl'];

/** Reads what a run committed, but for its data; writes what its training comes to, and nothing else of the run. */
const TRAINING: RunRights = {
  lists: 'runs/*/training/*',
  allows: [
    [READ, inRuns('request.json', 'manifest.json', 'metrics.jsonl', ...TRAINED)],
    [['s3:PutObject'], inRuns(...TRAINED, 'final_metrics.json')],
  ],
};

/** Of which a file is composed that has too many parts for one upload. */
const piecesOf = (file: string): readonly string[] => inRuns(`${file}.*`);

const RUN_RIGHTS: Readonly<Record<Step, RunRights>> = {
  Evaluate: { lists: 'runs/*', allows: [[[...READ, ...WRITE], ALL]] },
  GroupCandidates: expiring('shards'),
  BuildShard: expiring('shards'),
  Choose: {
    lists: 'runs/*',
    allows: [
      ...expiring('choice').allows,
      [WRITE, [...inRuns('rejected.jsonl'), ...piecesOf('rejected.jsonl')]],
      [['s3:DeleteObject'], piecesOf('rejected.jsonl')],
    ],
  },
  WriteDatasets: expiring('shards'),
  Finalize: {
    lists: 'runs/*',
    allows: [
      [[...READ, ...WRITE], ALL],
      [['s3:DeleteObject'], piecesOf('*.jsonl')],
    ],
  },
  RunWorkflow: {
    lists: 'runs/*/traces/*',
    allows: [
      [READ, inRuns('request.json', 'dataset.jsonl', 'traces/*')],
      [WRITE, inRuns('traces/*')],
    ],
  },
  PlanTraces: {
    lists: 'runs/*/traces/*',
    allows: [
      [READ, inRuns('request.json', 'batches.json', 'traces/*', 'plan.json')],
      [WRITE, inRuns('plan.json')],
    ],
  },
  SubmitTraining: {
    lists: TRAINING.lists,
    allows: [...TRAINING.allows, [READ, inRuns('datasets/*')], [['s3:DeleteObject'], inRuns('training/attempts/*')]],
  },
  CheckTraining: TRAINING,
  DeployModel: TRAINING,
  /** Says how a run's execution failed, where nothing later is said. */
  RecordFailure: {
    lists: 'runs/*',
    allows: [
      [READ, inRuns('request.json', 'manifest.json', 'failure.json')],
      [['s3:PutObject'], inRuns('failure.json')],
    ],
  },
};

export function useRuns(user: IGrantable, step: Step, collections: IBucket): void {
  const { lists, allows } = RUN_RIGHTS[step];
  list(user, collections, lists);
  for (const [actions, keys] of allows) grantObjects(user, collections, { actions, keys });
  useKey(user, collections, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

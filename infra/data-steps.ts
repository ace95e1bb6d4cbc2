import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { CHOOSE_MEMORY_MB, STEP_MEMORY_MB } from '../functions/memory.ts';
import type { RequestsFromUploads } from '../lib/contract/start.ts';
import { composeRejected, readPinned, readWrite, readWriteExpiring, removePieces } from './grants.ts';
import { StepFunction } from './step-function.ts';
import type { StepFunctionProps } from './step-settings.ts';

export interface DataStepsProps {
  readonly traces: IBucket;
  /** Datasets of live workflows are read only where keys begin so. */
  readonly tracesPrefix: string;
  /** What an uploaded `run.json` may set. */
  readonly requestsFromUploads: RequestsFromUploads;
  readonly collections: IBucket;
  /** Shards built at once over all runs: set aside of the account's concurrency for them, and the most they take. */
  readonly reservedConcurrency?: number | undefined;
  /** Memory of Choose in MB: what a dataset's pairs are chosen in. */
  readonly chooseMemory?: number | undefined;
}

/** The functions that make a collection and its datasets of traces, and what each may do. */
export function dataSteps(scope: Construct, props: DataStepsProps) {
  const { traces, collections, reservedConcurrency } = props;
  const ofRuns = { COLLECTIONS_BUCKET: collections.bucketName };
  const ofTraces = { ...ofRuns, TRACES_BUCKET: traces.bucketName };
  const step = (id: string, source: string, more: Partial<StepFunctionProps> = {}) =>
    new StepFunction(scope, id, { source, memoryMb: STEP_MEMORY_MB, environment: ofRuns, ...more });

  const evaluate = step('Evaluate', 'evaluate', {
    environment: {
      ...ofTraces,
      TRACES_PREFIX: props.tracesPrefix,
      REQUESTS_FROM_UPLOADS: props.requestsFromUploads,
    },
  });
  const groupCandidates = step('GroupCandidates', 'group-candidates', { environment: ofTraces, reservedConcurrency });
  const buildShard = step('BuildShard', 'build-shard', { environment: ofTraces, reservedConcurrency });
  const choose = step('Choose', 'choose', { memoryMb: props.chooseMemory ?? CHOOSE_MEMORY_MB.least });
  const writeDatasets = step('WriteDatasets', 'write-datasets');
  const finalize = step('Finalize', 'finalize');
  for (const reader of [evaluate, groupCandidates, buildShard]) readPinned(reader, traces);
  for (const writer of [evaluate, finalize]) readWrite(writer, collections);
  for (const writer of [groupCandidates, buildShard, writeDatasets]) readWriteExpiring(writer, collections, 'shards');
  readWriteExpiring(choose, collections, 'choice');
  composeRejected(choose, collections);
  removePieces(finalize, collections);
  return {
    ...{ Evaluate: evaluate, GroupCandidates: groupCandidates, BuildShard: buildShard, Choose: choose },
    ...{ WriteDatasets: writeDatasets, Finalize: finalize },
  };
}

import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { memoryOf } from '../functions/memory.ts';
import type { RequestsFromUploads } from '../lib/contract/start.ts';
import type { Step } from '../lib/contract/steps.ts';
import { endpointsVariable } from './allowed-endpoint.ts';
import { composeRejected, readTokenizers, readTraces, readWrite, readWriteExpiring, removePieces } from './grants.ts';
import { StepFunction } from './step-function.ts';
import type { StepFunctionProps } from './step-settings.ts';
import type { StepsProps } from './steps-props.ts';

export interface DataStepsProps extends StepsProps {
  readonly traces: IBucket;
  /** Traces and datasets of live workflows are read only where keys begin so. */
  readonly tracesPrefix: string;
  /** What an uploaded `run.json` may set. */
  readonly requestsFromUploads: RequestsFromUploads;
  /** Memory of Choose in MB: what a dataset's pairs are chosen in. */
  readonly chooseMemory?: number | undefined;
}

/** The functions that make a collection and its datasets of traces, and what each may do. */
export function dataSteps(scope: Construct, props: DataStepsProps) {
  const { traces, tracesPrefix, collections, reservedConcurrency, ceilings, endpoints } = props;
  const { logs, network } = props;
  const ofRuns = { COLLECTIONS_BUCKET: collections.bucketName };
  const ofTraces = { ...ofRuns, TRACES_BUCKET: traces.bucketName };
  const step = (id: Step, source: string, more: Partial<StepFunctionProps> = {}) =>
    new StepFunction(scope, id, {
      source,
      memoryMb: memoryOf(id, props.chooseMemory),
      environment: ofRuns,
      logs,
      network,
      ...more,
    });

  const evaluate = step('Evaluate', 'evaluate', {
    environment: {
      ...ofTraces,
      TRACES_PREFIX: tracesPrefix,
      REQUESTS_FROM_UPLOADS: props.requestsFromUploads,
      ALLOWED_ENDPOINTS: endpointsVariable(scope, endpoints),
      CEILINGS: JSON.stringify(ceilings),
      CHOOSE_MEMORY_MB: String(memoryOf('Choose', props.chooseMemory)),
    },
  });
  const groupCandidates = step('GroupCandidates', 'group-candidates', { environment: ofTraces, reservedConcurrency });
  const buildShard = step('BuildShard', 'build-shard', { environment: ofTraces, reservedConcurrency });
  const choose = step('Choose', 'choose');
  const writeDatasets = step('WriteDatasets', 'write-datasets', { reservedConcurrency });
  const finalize = step('Finalize', 'finalize');
  for (const reader of [evaluate, groupCandidates, buildShard]) readTraces(reader, traces, tracesPrefix);
  readTokenizers(evaluate, traces);
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

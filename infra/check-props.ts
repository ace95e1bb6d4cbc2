import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CHOOSE_MEMORY_MB } from '../functions/memory.ts';
import { RequestsFromUploads } from '../lib/contract/start.ts';
import { checkEndpoints } from './allowed-endpoint.ts';
import type { DpoPipelineProps } from './pipeline.ts';

/** Fails the synth where a property makes no sense. What is known only on AWS is taken as it comes. */
export function checkProps(scope: Construct, props: DpoPipelineProps): void {
  refuseOneBucket(scope, props);
  refuseWildcards(props.tracesPrefix ?? '');
  checkEndpoints(props.allowedEndpoints ?? []);
  checkMemory(props.chooseMemory);
  checkName(props.stateMachineName);
  const { requestsFromUploads = 'restricted' } = props;
  if (RequestsFromUploads.safeParse(requestsFromUploads).success) return;
  throw new Error(`requestsFromUploads is "${requestsFromUploads}": it must be restricted or all.`);
}

function refuseOneBucket(scope: Construct, { traces, collections }: DpoPipelineProps): void {
  const nameOf = (name: string): string => JSON.stringify(Stack.of(scope).resolve(name));
  const [one, other] = [nameOf(traces.bucketName), nameOf(collections.bucketName)];
  if (one !== other) return;
  throw new Error(
    `traces and collections are both ${one}: with one bucket a run's output could start a run. Give two.`,
  );
}

/** In a policy these stand for any text, and what begins with the prefix would no longer be all that may be read. */
function refuseWildcards(tracesPrefix: string): void {
  if (!/[*?$]/.test(tracesPrefix) || Token.isUnresolved(tracesPrefix)) return;
  throw new Error(`tracesPrefix is "${tracesPrefix}": it must not contain *, ? or $, which are wildcards in a policy.`);
}

function checkMemory(chooseMemory: number | undefined): void {
  const { least, most } = CHOOSE_MEMORY_MB;
  if (chooseMemory === undefined || Token.isUnresolved(chooseMemory)) return;
  if (Number.isInteger(chooseMemory) && chooseMemory >= least && chooseMemory <= most) return;
  throw new Error(`chooseMemory is ${chooseMemory}: it must be a whole number of MB from ${least} to ${most}.`);
}

/** As Step Functions takes it; a log's name has it too. */
function checkName(stateMachineName: string | undefined): void {
  if (stateMachineName === undefined || Token.isUnresolved(stateMachineName)) return;
  if (/^[\w-]{1,80}$/.test(stateMachineName)) return;
  throw new Error(`stateMachineName is "${stateMachineName}": it must be 1 to 80 of A-Z, a-z, 0-9, - and _.`);
}

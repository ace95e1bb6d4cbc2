import { Stack, Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { AllowedEndpoints, type EndpointPurpose } from '../lib/contract/allowed-endpoints.ts';
import { secretArnOf } from './grants.ts';

/** A place that runs may have something sent to: prompts of a workflow's dataset, or datasets to train on. */
export type AllowedEndpoint = AllowedWorkflow | AllowedTrainer;

interface Listed {
  /** Protocol, host and port: `https://agent.example.com`, `http://10.0.0.7:8000`. It need be neither https nor public. */
  readonly origin: string;
  /** The secrets that may be sent there, for this purpose; each belongs to one endpoint. None. */
  readonly secrets?: readonly ISecret[] | undefined;
}

/** Live workflows (`source.workflow.endpoint`). */
export interface AllowedWorkflow extends Listed {
  readonly purpose: 'workflow';
}

/** Trainers: NeMo Customizer's two hosts, NeMo Platform's, and where a datastore has large files uploaded to. */
export interface AllowedTrainer extends Listed {
  readonly purpose: 'training';
  /** NeMo Customizer's namespaces that runs may train in. None. */
  readonly namespaces?: readonly string[] | undefined;
  /** NeMo Platform's workspaces that runs may train in. None. */
  readonly workspaces?: readonly string[] | undefined;
  /** Container images that runs may deploy: `name`, with any tag, or `name:tag`. None. */
  readonly images?: readonly string[] | undefined;
}

/** The endpoints of one purpose, or of all: what a function may reach, as its environment has it. */
export function endpointsVariable(
  scope: Construct,
  endpoints: readonly AllowedEndpoint[],
  purpose?: EndpointPurpose,
): string {
  const listed = endpoints.filter((one) => purpose === undefined || one.purpose === purpose);
  return Stack.of(scope).toJsonString(listed.map((one) => asListed(one, secretArnOf)));
}

/** The secrets that functions of this purpose may read. */
export const secretsFor = (endpoints: readonly AllowedEndpoint[], purpose: EndpointPurpose): readonly ISecret[] =>
  endpoints.flatMap((one) => (one.purpose === purpose ? (one.secrets ?? []) : []));

/** Fails the synth where the list makes no sense. What is known only on AWS is taken as it comes. */
export function checkEndpoints(endpoints: readonly AllowedEndpoint[]): void {
  const known = endpoints.filter(({ origin }) => !Token.isUnresolved(origin));
  const checked = AllowedEndpoints.safeParse(known.map((one) => asListed(one, checkedArn)));
  if (checked.success) return;
  const [issue] = checked.error.issues;
  throw new Error(`allowedEndpoints${(issue?.path ?? []).map((at) => `.${String(at)}`).join('')} ${issue?.message}.`);
}

function checkedArn(secret: ISecret): string {
  const arn = secretArnOf(secret);
  return Token.isUnresolved(arn) ? `arn:aws:secretsmanager:${arn}` : arn;
}

const asListed = ({ secrets = [], ...rest }: AllowedEndpoint, arnOf: (secret: ISecret) => string) => ({
  ...rest,
  secretArns: secrets.map(arnOf),
});

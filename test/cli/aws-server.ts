import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

export interface FakeExecution {
  readonly name: string;
  readonly input: unknown;
  status: string;
  error?: string;
  cause?: string;
  output?: unknown;
  readonly started: number;
  /** Counted at each look, so that a test sees progress. */
  looks: number;
}

/** Whether the one with this access key may make this call. */
type MayCall = (key: string | undefined, call: string) => boolean;

/** The few Step Functions and CloudFormation calls that `dpo` and the functions make, over HTTP. Signatures are not checked. */
export async function startAwsServer(outputs: Readonly<Record<string, string>>, mayCall: MayCall = () => true) {
  const executions: FakeExecution[] = [];
  const state = {
    executions,
    /** Whose keys the requests were signed with, and for which region: `KEY/REGION`. */
    signers: new Set<string>(),
    /** Told of each execution that is started. */
    started: (_execution: FakeExecution): void => {},
    /** The maps that have begun, the newest first. */
    maps: ['BuildShards'],
    /** What becomes of an execution at the given look. */
    advance: (_execution: FakeExecution): void => {},
  };
  const arnOf = (name: string): string => `arn:aws:states:eu-central-1:1:execution:Machine:${name}`;
  const byArn = (arn: string): FakeExecution => {
    const found = executions.find(({ name }) => arnOf(name) === arn);
    if (!found) throw new AwsFailure('ExecutionDoesNotExist');
    return found;
  };
  const listed = ({ name, status, started }: FakeExecution) => ({
    executionArn: arnOf(name),
    ...{ stateMachineArn: outputs.StateMachineArn, name, status, startDate: started },
  });
  const calls: Record<string, (input: Record<string, string>) => object> = {
    StartExecution: ({ name = '', input = '' }) => {
      const known = executions.find((execution) => execution.name === name);
      const same = JSON.stringify(known?.input) === JSON.stringify(JSON.parse(input));
      if (known && !(known.status === 'RUNNING' && same)) throw new AwsFailure('ExecutionAlreadyExists');
      const started = 1_800_000_000 + executions.length;
      if (!known) {
        const execution = { name, input: JSON.parse(input), status: 'RUNNING', started, looks: 0 };
        executions.unshift(execution);
        state.started(execution);
      }
      return { executionArn: arnOf(name), startDate: started };
    },
    DescribeExecution: ({ executionArn = '' }) => {
      const execution = byArn(executionArn);
      execution.looks += 1;
      state.advance(execution);
      const { error, cause, output, input } = execution;
      return {
        ...listed(execution),
        ...{ error, cause, input: JSON.stringify(input), output: output && JSON.stringify(output) },
      };
    },
    ListExecutions: () => ({ executions: executions.map(listed) }),
    ListMapRuns: ({ executionArn = '' }) => ({
      // Not in the order in which they began: Step Functions promises none.
      mapRuns: state.maps
        .map((label, later) => ({
          ...{ executionArn, mapRunArn: `${executionArn}/${label}:${later}`, stateMachineArn: 'm' },
          startDate: 1_800_000_000 - later,
        }))
        .toReversed(),
    }),
    DescribeMapRun: () => ({
      itemCounts: {
        pending: 1,
        running: 2,
        succeeded: 3,
        failed: 0,
        timedOut: 0,
        aborted: 0,
        total: 6,
        resultsWritten: 3,
      },
    }),
    GetExecutionHistory: ({ executionArn = '' }) => {
      const { status, error, cause } = byArn(executionArn);
      const entered = { id: 2, timestamp: 1_800_000_002, type: 'MapStateEntered' };
      return {
        events: [
          { id: 1, timestamp: 1_800_000_001, type: 'ExecutionStarted' },
          { ...entered, stateEnteredEventDetails: { name: 'BuildShards' } },
          ...(status === 'FAILED'
            ? [
                {
                  id: 3,
                  timestamp: 1_800_000_003,
                  type: 'ExecutionFailed',
                  executionFailedEventDetails: { error, cause },
                },
              ]
            : []),
        ],
      };
    },
  };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const [, key, region] = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    state.signers.add(`${key}/${region}`);
    const target = String(request.headers['x-amz-target'] ?? '').split('.')[1];
    if (target === undefined) {
      const missing = new URLSearchParams(body).get('StackName') !== 'DpoTrajectories';
      response.writeHead(missing ? 400 : 200, { 'content-type': 'text/xml' });
      response.end(missing ? NO_STACK : stackXml(outputs));
      return;
    }
    try {
      if (!mayCall(key, target)) throw new AwsFailure('AccessDeniedException');
      const answer = calls[target]?.(JSON.parse(body));
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answer));
    } catch (error) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: error instanceof AwsFailure ? error.message : String(error) }));
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('The server has no port');
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${address.port}`,
    close: () => new Promise((closed) => server.close(closed)),
  });
}

class AwsFailure extends Error {}

const NO_STACK =
  '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id x does not exist</Message></Error></ErrorResponse>';

const stackXml = (outputs: Readonly<Record<string, string>>): string =>
  `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>DpoTrajectories</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime><Outputs>${Object.entries(
    outputs,
  )
    .map(([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`)
    .join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;

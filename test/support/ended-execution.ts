/**
 * The event that EventBridge delivers of an execution that has ended, with every field that it has
 * (https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html).
 */
export const endOf = (name: string, input: unknown, detail: Readonly<Record<string, unknown>> = {}) => ({
  version: '0',
  id: '315c1398-40ff-a850-213b-158f73e60175',
  'detail-type': 'Step Functions Execution Status Change',
  source: 'aws.states',
  account: '123456789012',
  time: '2026-01-02T03:04:05Z',
  region: 'eu-central-1',
  resources: [`arn:aws:states:eu-central-1:123456789012:execution:Machine:${name}`],
  detail: {
    executionArn: `arn:aws:states:eu-central-1:123456789012:execution:Machine:${name}`,
    stateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:Machine',
    name,
    status: 'ABORTED',
    startDate: Date.UTC(2026, 0, 2, 3),
    stopDate: Date.UTC(2026, 0, 2, 3, 4),
    input: JSON.stringify(input),
    output: null,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: 0,
    redriveDate: null,
    redriveStatus: 'REDRIVABLE',
    redriveStatusReason: null,
    inputDetails: { included: true },
    outputDetails: null,
    error: null,
    cause: null,
    ...detail,
  },
});

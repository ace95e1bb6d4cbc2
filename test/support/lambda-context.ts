import type { Context } from 'aws-lambda';

/** What Lambda hands a handler beside the event. */
export const contextOf = (functionName: string): Context => ({
  functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`,
  memoryLimitInMB: '1769',
  awsRequestId: '8476a536-e9f4-11e8-9739-2dfe598c3fcd',
  logGroupName: `/aws/lambda/${functionName}`,
  logStreamName: '2026/01/02/[$LATEST]1234',
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => 900_000,
  done() {},
  fail() {},
  succeed() {},
});

import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';

/** A queue of LocalStack's, and what Lambda's event source mapping does with it: gives a function its messages. */
export interface EventSource {
  readonly arn: string;
  /** All messages that were sent have been taken, and none comes again. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

export interface EventSourceOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  /** How long a message waits. */
  readonly delaySeconds: number;
  /** Called with an event of the queue; the messages that its answer names come again. */
  readonly invoke: (event: object) => Promise<unknown>;
}

const Made = z.object({ QueueUrl: z.string() });
const Received = z.object({
  Messages: z.array(z.object({ MessageId: z.string(), ReceiptHandle: z.string(), Body: z.string() })).default([]),
});
const Attributes = z.object({ Attributes: z.record(z.string(), z.coerce.number()) });
const Answer = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
];

export async function startEventSource(options: EventSourceOptions): Promise<EventSource> {
  const { endpoint, region, account, delaySeconds, invoke } = options;
  const call = async (action: string, input: object): Promise<unknown> => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
        authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/${region}/sqs/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(input),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`SQS ${action}: ${response.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  };
  const made = await call('CreateQueue', { QueueName: 'uploads', Attributes: { DelaySeconds: String(delaySeconds) } });
  const { QueueUrl } = Made.parse(made);

  let open = true;
  const poll = async (): Promise<void> => {
    while (open) {
      const { Messages } = Received.parse(
        await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      if (Messages.length === 0) continue;
      const Records = Messages.map(({ MessageId: messageId, Body: body }) => ({ messageId, body }));
      const failed = Answer.parse(await invoke({ Records })).batchItemFailures.map((each) => each.itemIdentifier);
      for (const { MessageId, ReceiptHandle } of Messages) {
        if (!failed.includes(MessageId)) await call('DeleteMessage', { QueueUrl, ReceiptHandle });
      }
    }
  };
  const polling = poll();
  return {
    arn: `arn:aws:sqs:${region}:${account}:uploads`,
    async drained() {
      for (let empty = 0; empty < 3; ) {
        await wait(500);
        const { Attributes: counts } = Attributes.parse(
          await call('GetQueueAttributes', { QueueUrl, AttributeNames: COUNTS }),
        );
        empty = Object.values(counts).every((count) => count === 0) ? empty + 1 : 0;
      }
    },
    async close() {
      open = false;
      await polling;
    },
  };
}

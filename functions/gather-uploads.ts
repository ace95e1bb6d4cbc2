import { SFNClient } from '@aws-sdk/client-sfn';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { listFolder } from '../adapters/s3/list-folder.ts';
import { s3Client } from '../adapters/s3/s3-store.ts';
import { startExecution } from '../adapters/step-functions/start-execution.ts';
import type { GatheredUploads } from '../lib/contract/start.ts';
import { gatherUploads } from '../lib/stages/gather-uploads.ts';
import { groupUploads } from '../lib/stages/group-uploads.ts';
import { observed } from './observability/observed.ts';

const { STATE_MACHINE_ARN } = z.object({ STATE_MACHINE_ARN: z.string().min(1) }).parse(process.env);

const machine = { sfn: new SFNClient(), stateMachineArn: STATE_MACHINE_ARN };
const deps = {
  listFolder: listFolder(s3Client()),
  start: async (name: string, input: GatheredUploads) => void (await startExecution(machine, name, input)),
};

/** What Lambda gives of a queue. */
const Messages = z.object({
  Records: z.array(
    z.object({ messageId: z.string(), body: z.string() }).transform(({ messageId: id, body }) => ({ id, body })),
  ),
});

const ArrivedUploads = z.object({ bucket: z.string(), folder: z.string(), latest: z.number() });

const gather = observed('gather-uploads', async (folder) => gatherUploads(ArrivedUploads.parse(folder), deps));

/** Messages of folders that failed are given back to the queue; those of the others are done. */
export async function handler(event: unknown, context: Context) {
  const { folders, unreadable } = groupUploads(Messages.parse(event).Records);
  const failed = [...unreadable];
  for (const { ids, ...folder } of folders) {
    try {
      await gather(folder, context);
    } catch {
      // It is in the log by now.
      failed.push(...ids);
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

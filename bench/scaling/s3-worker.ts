import { parentPort } from 'node:worker_threads';
import { startS3Server } from '../../test/support/s3-server.ts';

/** An S3 in a thread of its own: its work is not counted to the pipeline's. Parts may be small, so that many are cheap. */
const server = await startS3Server({ minPartBytes: 1_024 });
server.createBucket('traces');
server.createBucket('collections');
parentPort?.postMessage(server.endpoint);

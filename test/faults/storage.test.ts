import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, PART } from '../support/s3-client.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { crashAnywhere } from './crashes.ts';
import { misbehavingStorage, s3Stores } from './storage.ts';
import { brief } from './traces.ts';

let server: S3Server;
let client: S3Client;
beforeAll(async () => {
  // A page of a listing holds one key.
  server = await startS3Server({ minPartBytes: PART, pageSize: 1 });
  client = clientOf(server);
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

const none = { lost: 0, doubled: 0, changed: 0 };

test('over S3 a run that dies at a side effect is the same, run again', async () => {
  // Every eighteenth here; `npm run test:faults` takes each.
  for (const row of await crashAnywhere('over HTTP', brief, s3Stores(server, client), 18)) {
    expect(row).toMatchObject(none);
    expect(row.injected).toBeGreaterThan(1);
  }
});

test('whatever S3 answers, a run commits the same files or fails by name and then commits them', async () => {
  const rows = await misbehavingStorage(server, client, ({ fault }) => /hangs|denied/.test(fault));
  for (const row of rows) {
    expect(row).toMatchObject(none);
    expect(row.injected).toBeGreaterThan(0);
  }
  expect(rows.at(-1)?.outcomes).not.toHaveProperty('committed');
});

import { memoryStore } from '../support/memory-store.ts';
import { clientOf, PART } from '../support/s3-client.ts';
import { startS3Server } from '../support/s3-server.ts';
import { crashAnywhere } from './crashes.ts';
import type { Row } from './matrix.ts';
import { racingExecutions } from './races.ts';
import { misbehavingStorage, s3Stores } from './storage.ts';
import { brief, full } from './traces.ts';

/** Every fault, wherever it can strike. Throws at a run that is neither committed nor failed by a name. */
export async function faultMatrix(interleavings: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const inMemory = async () => ({ traces: memoryStore('traces'), collections: memoryStore('collections') });
  for (const compatibility of ['strict', 'nat']) {
    rows.push(...(await crashAnywhere('in memory', full(compatibility), inMemory)));
    rows.push(await racingExecutions(compatibility, interleavings / 2));
  }
  const server = await startS3Server({ minPartBytes: PART, pageSize: 1 });
  const client = clientOf(server);
  try {
    rows.push(...(await crashAnywhere('over HTTP', brief, s3Stores(server, client))));
    rows.push(...(await misbehavingStorage(server, client)));
  } finally {
    client.destroy();
    await server.close();
  }
  return rows;
}

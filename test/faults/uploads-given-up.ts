import type { Operation } from '../support/s3/operations.ts';
import { committedRun, damageOf } from './committed.ts';
import { note, type Row, row } from './matrix.ts';
import { overS3 } from './over-s3.ts';
import { committedAfter, outcomeOf, requireNoUploads, undisturbedRun } from './storage.ts';
import { putTraces } from './traces.ts';

const STEPS = ['UploadPart', 'UploadPartCopy', 'CompleteMultipartUpload'] as const satisfies readonly Operation[];

/**
 * Refuses each request within an upload in turn (`every`-th from the first on), and the first answer to its abort is lost: the run fails by name, and
 * every upload that was begun is completed or aborted before the run is over.
 */
export async function uploadsGivenUp(every = 1): Promise<Row> {
  const into = row('over HTTP: an upload refused midway, and the answer to its abort lost');
  await overS3(async ({ server, makeStores }) => {
    const undisturbed = await undisturbedRun(makeStores);
    const requests = { ...server.traffic.requests };
    for (const operation of STEPS) {
      for (let at = 0; at < (requests[operation] ?? 0); at += every) {
        const stores = await makeStores();
        await putTraces(stores.traces);
        server.traffic.reset();
        server.fail({ operation }, { kind: 'error', status: 403, code: 'AccessDenied' }, 1, at);
        server.fail({ operation: 'AbortMultipartUpload' }, { kind: 'drop', applied: true });
        const outcome = await outcomeOf(stores);
        server.calm();
        requireNoUploads(server, `${operation} number ${at} was refused`);
        const { AbortMultipartUpload: aborts = 0 } = server.traffic.requests;
        if (aborts < 2) throw new Error(`${operation} number ${at} was refused and ${aborts} aborts were asked for`);
        const then = await committedAfter(stores, `aborted, ${outcome}`);
        note(into, then, damageOf(await committedRun(stores.standing()), undisturbed));
      }
    }
  });
  return into;
}

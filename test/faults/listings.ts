import { committedRun, damageOf } from './committed.ts';
import { note, type Row, row } from './matrix.ts';
import { overS3 } from './over-s3.ts';
import { outcomeOf, undisturbedRun } from './storage.ts';
import { putTraces } from './traces.ts';

/** A listing of the traces in pages of one key each, and each page in turn refused at first. */
export async function pagedListings(): Promise<Row> {
  const into = row('over HTTP: listings in pages of one key, a page late');
  const undisturbed = await overS3(({ makeStores }) => undisturbedRun(makeStores), { pageSize: 1_000 });
  await overS3(async ({ server, makeStores }) => {
    for (let page = 0; ; page += 1) {
      const stores = await makeStores();
      await putTraces(stores.traces);
      server.fail({ operation: 'ListObjectsV2' }, { kind: 'error', status: 503, code: 'SlowDown' }, 1, page);
      const outcome = await outcomeOf(stores);
      if (server.calm() === 0) break;
      note(into, outcome, damageOf(await committedRun(stores.standing()), undisturbed));
    }
  });
  return into;
}

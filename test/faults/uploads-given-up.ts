import type { Operation } from '../support/s3/operations.ts';
import { committedRun, damageOf } from './committed.ts';
import { type Stores, subjectOf, undisturbedOf } from './crashes.ts';
import { note, type Row, row } from './matrix.ts';
import { COARSER, type OverS3Options, overS3, requireNoUploads } from './over-s3.ts';
import { committedAfter, outcomeOf } from './storage.ts';
import { brief, type RunShape, withLongAnswers } from './traces.ts';

const STEPS = ['UploadPart', 'UploadPartCopy', 'CompleteMultipartUpload'] as const satisfies readonly Operation[];

/** Runs, and the keys of their uploads that are given up. */
interface GivenUp {
  readonly where: string;
  readonly shape: RunShape;
  readonly key: RegExp;
  readonly options?: OverS3Options;
}

export const ANYWHERE: GivenUp = { where: 'over HTTP', shape: brief, key: /./ };
export const IN_DATASETS: GivenUp = {
  where: 'over HTTP, in datasets',
  shape: withLongAnswers,
  // One shard uploads what another does.
  key: /\/(?:shards\/000000|run)\/datasets\//,
  options: COARSER,
};

/**
 * Refuses each request within an upload in turn (`every`-th from the first on), and the first answer to its abort is lost:
 * the run fails by name, and every upload that was begun is completed or aborted before the run is over.
 */
export async function uploadsGivenUp({ where, shape, key, options = {} }: GivenUp, every = 1): Promise<Row> {
  const into = row(`${where}: an upload refused midway, its abort unanswered`);
  await overS3(async ({ server, makeStores }) => {
    const subject = subjectOf(shape);
    const fresh = async (): Promise<Stores> => {
      const stores = await makeStores();
      await subject.put(stores.traces);
      server.traffic.reset();
      return stores;
    };
    const { undisturbed } = await undisturbedOf(subject, fresh);
    for (const operation of STEPS) {
      for (let at = 0; ; at += every) {
        const stores = await fresh();
        server.fail({ operation, key }, { kind: 'error', status: 403, code: 'AccessDenied' }, 1, at);
        server.fail({ operation: 'AbortMultipartUpload' }, { kind: 'drop', applied: true });
        const outcome = await outcomeOf(stores, subject);
        // There are no more of them.
        if (server.calm() === 0) break;
        requireNoUploads(server, `${operation} number ${at} was refused`);
        const { AbortMultipartUpload: aborts = 0 } = server.traffic.requests;
        if (aborts < 2) throw new Error(`${operation} number ${at} was refused and ${aborts} aborts were asked for`);
        const then = await committedAfter(stores, `aborted, ${outcome}`, subject);
        note(into, then, damageOf(await committedRun(stores.standing()), undisturbed));
      }
    }
  }, options);
  return into;
}

import { runKeys } from '../../lib/objects/keys.ts';
import { runRetrying } from '../support/retrying-run.ts';
import { type CommittedRun, committedRun, damageOf } from './committed.ts';
import type { Stores, Subject } from './crashes.ts';
import { note, type Row, row } from './matrix.ts';
import { type OverS3, overS3 } from './over-s3.ts';
import { outcomeOf, undisturbedRun } from './storage.ts';
import { brief, putTraces, requestOf, traceObjects } from './traces.ts';

/**
 * Somebody uploads a trace object anew, with as many bytes as it had, right before each GET of the traces in turn (`every`-th
 * from the first on).
 *
 * Pinned by its version (an object named by its key, in a bucket with versions) the run commits what was planned, as if
 * nothing had happened. Pinned by its ETag (any other: a listing tells no versions) it fails as `InputChanged`, and again
 * if its plan stands; planned anew it commits the new bytes, and nothing of the old ones.
 */
export async function replacedInputs(pinned: Pinned, every = 1): Promise<Row> {
  const { by, request, versioned } = pinned;
  const into = row(`over HTTP: traces pinned by ${by} are replaced`);
  const replacedRuns = new Map<string, CommittedRun>();
  const work = async (s3: OverS3): Promise<void> => {
    const planned = await undisturbedRun(s3.makeStores, request);
    const reads = s3.server.traffic.requests.GetObject ?? 0;
    for (let at = 0; at < reads; at += every) {
      const stores = await s3.makeStores();
      await putTraces(stores.traces);
      const key = replaceBeforeRead(s3, at);
      const outcome = await outcomeOf(stores, running(request));
      // There are fewer reads of traces than reads.
      if (s3.server.calm() === 0) break;
      if (outcome === 'committed') note(into, outcome, damageOf(await committedRun(stores.standing()), planned));
      else {
        const undisturbed = replacedRuns.get(key()) ?? (await runOfReplaced(key(), pinned));
        replacedRuns.set(key(), undisturbed);
        await planAnew(s3, stores, request, undisturbed, outcome, into);
      }
    }
  };
  await overS3(work, { versioned });
  return into;
}

const running = (request: object): Pick<Subject, 'run'> => ({
  run: (deps, execution) => runRetrying(request, deps, execution),
});

/** What pins the traces. */
interface Pinned {
  readonly by: string;
  readonly request: object;
  /** Whether their bucket keeps versions. */
  readonly versioned: boolean;
}

const listed = requestOf(brief);
const named = { ...listed, source: { traces: traceObjects().map(([key]) => ({ bucket: 'traces', key })) } };
export const BY_VERSION: Pinned = { by: 'version', request: named, versioned: true };
export const BY_ETAG: Pinned = { by: 'ETag', request: named, versioned: false };
export const BY_LISTING: Pinned = { by: 'the ETag of a listing', request: listed, versioned: true };

/** Tells, afterwards, which object it was. */
function replaceBeforeRead({ server }: OverS3, at: number): () => string {
  let struck = '';
  const change = (key: string): void => {
    struck = key;
    server.put('traces', key, otherBytes(key));
  };
  server.fail({ operation: 'GetObject', key: /^t\// }, { kind: 'meanwhile', change }, 1, at);
  return () => struck;
}

async function planAnew(
  { server }: OverS3,
  stores: Stores,
  request: object,
  undisturbed: CommittedRun,
  outcome: string,
  into: Row,
): Promise<void> {
  if (await committedRun(stores.standing())) throw new Error(`${outcome}, and yet the run is committed`);
  if (server.get('collections', runKeys('run').plan)) {
    const again = await outcomeOf(stores, running(request));
    if (again !== outcome) throw new Error(`the run fails as ${outcome}, and then as ${again}`);
    server.createBucket('collections');
  }
  const anew = await outcomeOf(stores, running(request));
  note(into, `${outcome}, planned anew ${anew}`, damageOf(await committedRun(stores.standing()), undisturbed));
}

/** A run over what is there once the object under `key` was replaced. */
const runOfReplaced = (key: string, { request, versioned }: Pinned): Promise<CommittedRun> =>
  overS3(
    ({ server, makeStores }) =>
      undisturbedRun(makeStores, request, async ({ traces }) => {
        await putTraces(traces);
        server.put('traces', key, otherBytes(key));
      }),
    { versioned },
  );

function otherBytes(key: string): Buffer {
  const [, bytes] = traceObjects('ANSWER').find(([other]) => other === key) ?? [];
  if (!bytes) throw new Error(`${key} is no trace object`);
  return bytes;
}

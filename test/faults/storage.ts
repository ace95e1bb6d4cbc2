import type { S3Client } from '@aws-sdk/client-s3';
import { s3Store } from '../../functions/s3-store.ts';
import { PipelineError } from '../../lib/errors.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { runRetrying } from '../support/retrying-run.ts';
import type { Operation } from '../support/s3/operations.ts';
import { SMALL } from '../support/s3-client.ts';
import { type Behaviour, errorBody, type Matcher, type S3Server } from '../support/s3-server.ts';
import { type CommittedRun, committedRun, damageOf } from './committed.ts';
import { depsAt, type MakeStores } from './crashes.ts';
import { note, type Row, row } from './matrix.ts';
import { brief, putTraces, requestOf } from './traces.ts';

/** Small parts, so that small files are uploaded and copied in parts; a wait that a busy machine does not run out of. */
const LIMITS = { ...SMALL, partBytes: () => 4_096, idleMs: 1_000 };

/** Two buckets over HTTP, emptied each time. */
export function s3Stores(server: S3Server, client: S3Client): MakeStores {
  return async () => {
    server.createBucket('traces', { versioned: true });
    server.createBucket('collections');
    return { traces: s3Store(client, 'traces', LIMITS), collections: s3Store(client, 'collections', LIMITS) };
  };
}

interface Misbehaviour {
  readonly fault: string;
  readonly operations: readonly Operation[];
  readonly behaviour: Behaviour;
  /** So many requests in a row. */
  readonly times: number;
}

const READS = ['GetObject', 'HeadObject', 'ListObjectsV2'] as const;
const WRITES = [
  'PutObject',
  'CreateMultipartUpload',
  'UploadPart',
  'UploadPartCopy',
  'CompleteMultipartUpload',
] as const;
const ALL = [...READS, ...WRITES] as const;
const error = (status: number, code: string): Behaviour => ({ kind: 'error', status, code });

/** More in a row than the SDK tries, so that the step fails and is run again. */
const BURST = 5;

const MISBEHAVIOURS: readonly Misbehaviour[] = [
  { fault: '503 SlowDown, once', operations: ALL, behaviour: error(503, 'SlowDown'), times: 1 },
  { fault: `503 SlowDown, ${BURST} in a row`, operations: ALL, behaviour: error(503, 'SlowDown'), times: BURST },
  {
    fault: `500 InternalError, ${BURST} in a row`,
    operations: ALL,
    behaviour: error(500, 'InternalError'),
    times: BURST,
  },
  {
    fault: '409 ConditionalRequestConflict',
    operations: ['PutObject', 'CompleteMultipartUpload'],
    behaviour: error(409, 'ConditionalRequestConflict'),
    times: 1,
  },
  {
    fault: 'connection dropped before the request',
    operations: ALL,
    behaviour: { kind: 'drop', applied: false },
    times: 1,
  },
  {
    fault: 'connection dropped after the request',
    operations: ALL,
    behaviour: { kind: 'drop', applied: true },
    times: 1,
  },
  { fault: 'a body that hangs', operations: ['GetObject'], behaviour: { kind: 'hang', after: 100 }, times: 2 },
  { fault: 'a body cut short', operations: ['GetObject'], behaviour: { kind: 'truncate', after: 100 }, times: 2 },
  {
    fault: '200 with an error as its body',
    operations: ['CompleteMultipartUpload', 'UploadPartCopy'],
    behaviour: { kind: 'answer-200', body: errorBody('InternalError') },
    times: 1,
  },
  {
    fault: '200 with an error and a newline as its body',
    operations: ['CompleteMultipartUpload', 'UploadPartCopy'],
    behaviour: { kind: 'answer-200', body: `${errorBody('InternalError')}\n` },
    times: 1,
  },
  {
    fault: '200 without a result',
    operations: ['CompleteMultipartUpload', 'UploadPartCopy', 'CreateMultipartUpload'],
    behaviour: { kind: 'answer-200', body: '<Nothing/>' },
    times: 1,
  },
  {
    fault: 'an upload that is gone (404 NoSuchUpload)',
    operations: ['UploadPart', 'UploadPartCopy', 'CompleteMultipartUpload'],
    behaviour: error(404, 'NoSuchUpload'),
    times: 1,
  },
  {
    fault: 'other bytes arrived (400 BadDigest)',
    operations: ['PutObject', 'UploadPart', 'CompleteMultipartUpload'],
    behaviour: error(400, 'BadDigest'),
    times: 1,
  },
  {
    fault: 'an object that is not there yet (404)',
    operations: ['GetObject', 'HeadObject'],
    behaviour: error(404, 'NoSuchKey'),
    times: 1,
  },
  { fault: 'access denied (403)', operations: ALL, behaviour: error(403, 'AccessDenied'), times: 1 },
];

/** The keys of one kind of object each: what is read and written differs in how it is. */
const PLACES: readonly (RegExp | undefined)[] = [undefined, /run\/(?:collection|rejected|manifest)\.json/];

/**
 * Each misbehaviour of S3 at each operation, in whole runs over HTTP. A run commits what an undisturbed one does, or
 * fails with one named error; then the next commits just that. No upload stays open.
 */
export async function misbehavingStorage(
  server: S3Server,
  client: S3Client,
  wanted: (misbehaviour: Misbehaviour) => boolean = () => true,
): Promise<readonly Row[]> {
  const makeStores = s3Stores(server, client);
  const undisturbed = await undisturbedRun(makeStores);
  const rows: Row[] = [];
  for (const misbehaviour of MISBEHAVIOURS.filter(wanted)) {
    const into = row(`over HTTP: ${misbehaviour.fault}`);
    for (const operation of misbehaviour.operations) {
      for (const key of PLACES) {
        const matcher: Matcher = key ? { operation, key } : { operation };
        await misbehave(server, makeStores, matcher, misbehaviour, undisturbed, into);
      }
    }
    rows.push(into);
  }
  return rows;
}

async function misbehave(
  server: S3Server,
  makeStores: MakeStores,
  matcher: Matcher,
  { behaviour, times }: Misbehaviour,
  undisturbed: CommittedRun,
  into: Row,
): Promise<void> {
  const { traces, collections } = await makeStores();
  await putTraces(traces);
  server.fail(matcher, behaviour, times);
  const outcome = await outcomeOf(traces, collections);
  const met = server.calm();
  // Whose beginning was not answered has no name to abort it by: the bucket's lifecycle rule removes it.
  const nameless = matcher.operation === 'CreateMultipartUpload' && behaviour.kind === 'drop' && behaviour.applied;
  if (!nameless) requireNoUploads(server, `${JSON.stringify(matcher)} ${JSON.stringify(behaviour)}`);
  if (met === 0) return;
  if (outcome !== 'committed') await runRetrying(requestOf(brief), depsAt(2, traces, collections));
  note(into, outcome, damageOf(await committedRun(collections), undisturbed));
}

async function outcomeOf(traces: ObjectStore, collections: ObjectStore): Promise<string> {
  try {
    await runRetrying(requestOf(brief), depsAt(1, traces, collections));
    return 'committed';
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return `${error.name}, then committed`;
  }
}

export async function undisturbedRun(makeStores: MakeStores): Promise<CommittedRun> {
  const { traces, collections } = await makeStores();
  await putTraces(traces);
  await runRetrying(requestOf(brief), depsAt(0, traces, collections));
  const run = await committedRun(collections);
  if (!run) throw new Error('an undisturbed run commits');
  return run;
}

function requireNoUploads(server: S3Server, after: string): void {
  const open = server.uploads();
  if (open.length > 0) throw new Error(`uploads neither completed nor aborted after ${after}: ${open.join(', ')}`);
}

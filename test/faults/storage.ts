import { PipelineError } from '../../lib/errors.ts';
import { each } from '../../lib/stages/each.ts';
import { runRetrying } from '../support/retrying-run.ts';
import type { Operation } from '../support/s3/operations.ts';
import { type Behaviour, errorBody, type Matcher, type S3Server } from '../support/s3-server.ts';
import { type CommittedRun, committedRun, damageOf } from './committed.ts';
import { depsAt, type MakeStores, type Stores, type Subject, subjectOf } from './crashes.ts';
import { note, type Row, row } from './matrix.ts';
import { overS3, requireNoUploads } from './over-s3.ts';
import { brief, putTraces, requestOf } from './traces.ts';

/** What a run reads and writes until Finalize. */
const BEFORE_FINALIZE = [
  /^t\//,
  /request/,
  /plan/,
  /summary/,
  /pairs\.bin/,
  /sample/,
  /choice\/\d/,
  /facts/,
  /shards\/\d+\/datasets/,
  /written/,
];

interface Misbehaviour {
  readonly fault: string;
  readonly operations: readonly Operation[];
  readonly behaviour: Behaviour;
  /** So many requests in a row. */
  readonly times: number;
  /** Keys of the objects to which it happens, a kind at a time; by default {@link PLACES}. */
  readonly places?: readonly (RegExp | undefined)[];
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
    // Nothing stands there: whoever believes it looks at what is not there.
    fault: '412 PreconditionFailed',
    operations: ['GetObject', 'PutObject', 'CompleteMultipartUpload'],
    behaviour: error(412, 'PreconditionFailed'),
    times: 1,
    places: [...BEFORE_FINALIZE, ...[/run\/(?:collection|metrics)/, /run\/datasets/, /report/, /manifest/]],
  },
  {
    fault: 'dropped before the request',
    operations: ALL,
    behaviour: { kind: 'drop', applied: false },
    times: 1,
  },
  {
    fault: 'dropped after the request',
    operations: ALL,
    behaviour: { kind: 'drop', applied: true },
    times: 1,
  },
  { fault: 'a body that hangs', operations: ['GetObject'], behaviour: { kind: 'hang', after: 100 }, times: 2 },
  { fault: 'a body cut short', operations: ['GetObject'], behaviour: { kind: 'truncate', after: 100 }, times: 2 },
  {
    fault: 'a body shorter than its range',
    operations: ['GetObject'],
    behaviour: { kind: 'short', after: 100 },
    times: 2,
  },
  {
    fault: 'a body with a wrong checksum',
    operations: ['GetObject'],
    behaviour: { kind: 'wrong-checksum' },
    // More than the reader asks for it, so that the step fails and is run again.
    times: 6,
    places: [/^t\/a/, /^t\/c/, /plan/, /pairs\.bin/, /sample/, /choice\/\d/, /facts/, /collection/, /written/],
  },
  {
    fault: '200 with an error',
    operations: ['CompleteMultipartUpload', 'UploadPartCopy'],
    behaviour: { kind: 'answer-200', body: errorBody('InternalError') },
    times: 1,
  },
  {
    fault: '200 with an error and a newline',
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
    fault: '404 NoSuchUpload',
    operations: ['UploadPart', 'UploadPartCopy', 'CompleteMultipartUpload'],
    behaviour: error(404, 'NoSuchUpload'),
    times: 1,
  },
  {
    fault: '400 BadDigest',
    operations: ['PutObject', 'UploadPart', 'CompleteMultipartUpload'],
    behaviour: error(400, 'BadDigest'),
    times: 1,
  },
  {
    fault: '404 of an object',
    operations: ['GetObject', 'HeadObject'],
    behaviour: error(404, 'NoSuchKey'),
    times: 1,
    places: [...BEFORE_FINALIZE, ...[/collection/, /rejected/, /manifest/]],
  },
  { fault: '403 AccessDenied', operations: ALL, behaviour: error(403, 'AccessDenied'), times: 1 },
];

/** The keys of one kind of object each: what is read and written differs in how it is. */
const PLACES: readonly (RegExp | undefined)[] = [
  undefined,
  /run\/(?:collection|rejected|manifest)\.json/,
  /pairs\.bin/,
  /sample/,
  /choice\//,
  /shards\/\d+\/datasets\//,
  /written/,
];

/**
 * Each misbehaviour of S3 at each operation, in whole runs over HTTP. A run commits what an undisturbed one does, or
 * fails with one named error; then the next commits just that. No upload stays open. Takes the `every`-th place from the first on.
 */
export async function misbehavingStorage(
  wanted: (misbehaviour: Misbehaviour) => boolean = () => true,
  every = 1,
): Promise<readonly Row[]> {
  const undisturbed = await overS3(({ makeStores }) => undisturbedRun(makeStores));
  return each(MISBEHAVIOURS.filter(wanted), AT_ONCE, (misbehaviour) =>
    overS3(async ({ server, makeStores }) => {
      const into = row(`over HTTP: ${misbehaviour.fault}`);
      for (const [number, matcher] of placesOf(misbehaviour).entries()) {
        if (number % every === 0) await misbehave(server, makeStores, matcher, misbehaviour, undisturbed, into);
      }
      return into;
    }),
  );
}

const placesOf = ({ operations, places = PLACES }: Misbehaviour): readonly Matcher[] =>
  operations.flatMap((operation) => places.map((key) => (key ? { operation, key } : { operation })));

/** Rows at a time: mostly one waits before it asks again. */
const AT_ONCE = 4;

async function misbehave(
  server: S3Server,
  makeStores: MakeStores,
  matcher: Matcher,
  { behaviour, times }: Misbehaviour,
  undisturbed: CommittedRun,
  into: Row,
): Promise<void> {
  const stores = await makeStores();
  await putTraces(stores.traces);
  server.fail(matcher, behaviour, times);
  const outcome = await outcomeOf(stores);
  const met = server.calm();
  // Whose beginning was not answered has no name to abort it by: the bucket's lifecycle rule removes it.
  const nameless = matcher.operation === 'CreateMultipartUpload' && behaviour.kind === 'drop' && behaviour.applied;
  if (!nameless) requireNoUploads(server, `${JSON.stringify(matcher)} ${JSON.stringify(behaviour)}`);
  if (met === 0) return;
  const then = await committedAfter(stores, outcome);
  note(into, then, damageOf(await committedRun(stores.standing()), undisturbed));
}

/** How a run ends: `committed`, or its error's name. */
export async function outcomeOf(
  { traces, collections }: Stores,
  { run }: Pick<Subject, 'run'> = subjectOf(brief),
): Promise<string> {
  try {
    await run(depsAt(1, traces, collections), 'run');
    return 'committed';
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return error.name;
  }
}

/** Runs again what did not commit. */
export async function committedAfter(
  { traces, collections }: Stores,
  outcome: string,
  { run }: Pick<Subject, 'run'> = subjectOf(brief),
): Promise<string> {
  if (outcome === 'committed') return outcome;
  await run(depsAt(2, traces, collections), 'run');
  return `${outcome}, then committed`;
}

export async function undisturbedRun(
  makeStores: MakeStores,
  request: object = requestOf(brief),
  put: (stores: Stores) => Promise<void> = ({ traces }) => putTraces(traces),
): Promise<CommittedRun> {
  const stores = await makeStores();
  await put(stores);
  await runRetrying(request, depsAt(0, stores.traces, stores.collections));
  const run = await committedRun(stores.standing());
  if (!run) throw new Error('an undisturbed run commits');
  return run;
}

import { createHash } from 'node:crypto';
import type { Source, TraceLocation, TraceSource } from '../../lib/contract/source.ts';
import type { WorkflowSource } from '../../lib/contract/workflow.ts';
import { InvalidRequest } from '../../lib/errors.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { each } from '../../lib/stages/each.ts';
import { findTraces } from '../../lib/stages/find-traces.ts';
import { findDataset } from '../../lib/stages/workflow/plan-batches.ts';
import { isLocal } from '../locations.ts';
import { openBucket } from '../open-bucket.ts';
import type { Deployment } from './deployment.ts';

/** Told how far an upload is, in bytes. */
export interface UploadProgress {
  begin(bytes: number): void;
  sent(bytes: number): void;
}

/**
 * The source as AWS can read it: what is local, traces or a workflow's dataset, is copied to a folder of the run's in the
 * traces bucket, where it starts no run by itself. A file that exists there is not sent again. What is in S3 already stays
 * where it is.
 */
export async function uploadSource(
  source: Source,
  runId: string,
  deployment: Deployment,
  progress: UploadProgress,
): Promise<Source> {
  return 'workflow' in source
    ? { workflow: await uploadDataset(source.workflow, runId, deployment, progress) }
    : uploadTraces(source, runId, deployment, progress);
}

async function uploadTraces(
  source: TraceSource,
  runId: string,
  deployment: Deployment,
  progress: UploadProgress,
): Promise<TraceSource> {
  const locations = [source.traces].flat();
  const found = await Promise.all(locations.map(localTraces));
  const root = folderOf(runId, found);
  if (root.startsWith(deployment.uploadPrefix)) {
    throw new InvalidRequest(
      `Uploads to s3://${deployment.tracesBucket}/${deployment.uploadPrefix} start runs by themselves. Copy the files there (aws s3 cp), or name them by s3://.`,
    );
  }
  const copies = found.flatMap((objects, number) =>
    objects.map((object) => ({ ...object, to: `${root}${number}/${object.key}` })),
  );
  await copyAll(copies, deployment.tracesBucket, progress);
  const bucket = deployment.tracesBucket;
  const traces = locations.map((location, number): TraceLocation => {
    if (!isLocal(location.bucket)) return location;
    const folder = `${root}${number}/`;
    return 'key' in location ? { bucket, key: folder + location.key } : { bucket, prefix: folder };
  });
  return { ...source, traces };
}

/** The pipeline reads datasets only where uploads start runs, so the copy's name is none of a trace file. */
async function uploadDataset(
  source: WorkflowSource,
  runId: string,
  { tracesBucket: bucket, uploadPrefix }: Deployment,
  progress: UploadProgress,
): Promise<WorkflowSource> {
  const from = await openBucket(source.dataset.bucket, { locations: [source.dataset] });
  const found = { from, ...(await findDataset(source, from)) };
  // The name shows CSV, the content everything else.
  const name = `${found.key}.dataset`;
  const key = `${uploadPrefix}${folderOf(runId, [[found]])}${name}`;
  await copyAll([{ ...found, to: key }], bucket, progress);
  return { ...source, dataset: { bucket, key } };
}

/** A file that changed is another object: what is uploaded stays as the run has read it. */
const folderOf = (runId: string, found: readonly (readonly LocalObject[])[]): string =>
  `started/${runId}/${digestOf(found)}/`;

interface LocalObject {
  readonly from: ObjectStore;
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
}

async function localTraces(location: TraceLocation): Promise<LocalObject[]> {
  if (!isLocal(location.bucket)) return [];
  const from = await openBucket(location.bucket, { locations: [location] });
  const { objects } = await findTraces({ traces: location }, { bucket: () => from });
  return objects.map((object) => ({ from, ...object }));
}

const digestOf = (found: readonly (readonly LocalObject[])[]): string =>
  createHash('sha256')
    .update(JSON.stringify(found.map((objects) => objects.map(({ key, bytes, etag }) => [key, bytes, etag]))))
    .digest('hex')
    .slice(0, 12);

interface Copy extends LocalObject {
  readonly to: string;
}

async function copyAll(copies: readonly Copy[], bucket: string, progress: UploadProgress): Promise<void> {
  const target = await openBucket(bucket);
  progress.begin(copies.reduce((sum, copy) => sum + copy.bytes, 0));
  await each(copies, AT_ONCE, async ({ from, key, bytes, etag, to }) => {
    const standing = await target.head(to);
    if (standing?.bytes === bytes) progress.sent(bytes);
    else await target.write(to, counted(from.read(key, { pin: { etag } }), progress.sent));
  });
}

/** Files on their way at a time: many small ones would each wait for S3's answer. */
const AT_ONCE = 8;

async function* counted(chunks: AsyncIterable<Uint8Array>, sent: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    sent(chunk.length);
  }
}

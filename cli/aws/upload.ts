import type { TraceLocation } from '../../lib/contract/source.ts';
import { InvalidRequest } from '../../lib/errors.ts';
import { findTraces } from '../../lib/steps/find-traces.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { isLocal } from '../locations.ts';
import { openBucket } from '../open-bucket.ts';
import type { Deployment } from './deployment.ts';

export interface Upload {
  /** Where the traces now stand, location by location. */
  readonly traces: readonly TraceLocation[];
  readonly files: number;
  readonly bytes: number;
}

/**
 * Copies traces of this machine under `started/<run_id>/` of the traces bucket, where no upload starts a run by itself.
 * What stands there at its full size is not sent again. Locations in S3 stay as they are.
 */
export async function uploadTraces(
  locations: readonly TraceLocation[],
  runId: string,
  deployment: Deployment,
  progress: { begin(bytes: number): void; sent(bytes: number): void },
): Promise<Upload> {
  const root = `started/${runId}/`;
  if (root.startsWith(deployment.uploadPrefix)) {
    throw new InvalidRequest(
      `Uploads to s3://${deployment.tracesBucket}/${deployment.uploadPrefix} start runs by themselves. Copy the traces there (aws s3 cp), or name them by s3://.`,
    );
  }
  const target = await openBucket(deployment.tracesBucket);
  const copies = (
    await Promise.all(locations.map((location, number) => copiesOf(location, `${root}${number}/`)))
  ).flat();
  const bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
  if (copies.length > 0) progress.begin(bytes);
  for (const copy of copies) {
    const standing = await target.head(copy.to);
    if (standing?.bytes === copy.bytes) progress.sent(copy.bytes);
    else await target.write(copy.to, counted(copy.from.read(copy.key), progress.sent));
  }
  const traces = locations.map((location, number): TraceLocation => {
    if (!isLocal(location.bucket)) return location;
    const bucket = deployment.tracesBucket;
    const folder = `${root}${number}/`;
    return 'key' in location ? { bucket, key: folder + location.key } : { bucket, prefix: folder };
  });
  return { traces, files: copies.length, bytes };
}

interface Copy {
  readonly from: ObjectStore;
  readonly key: string;
  readonly to: string;
  readonly bytes: number;
}

async function copiesOf(location: TraceLocation, folder: string): Promise<Copy[]> {
  if (!isLocal(location.bucket)) return [];
  const from = await openBucket(location.bucket);
  const found = await findTraces({ traces: location }, { bucket: () => from });
  return found.map(({ key, bytes }) => ({ from, key, to: folder + key, bytes }));
}

async function* counted(chunks: AsyncIterable<Uint8Array>, sent: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    sent(chunk.length);
  }
}

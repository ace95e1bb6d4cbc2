import type { Request } from '../contract/request.ts';
import type { TraceLocation } from '../contract/source.ts';
import { InvalidRequest } from '../errors.ts';
import type { Deps } from './deps.ts';

/** Where a stack reads what requests name: objects whose keys begin so. */
export interface Readable {
  readonly bucket: string;
  readonly prefix: string;
}

export interface ReadableDeps extends Pick<Deps, 'collectionsBucket'> {
  /** Left out on the machine of the person who asks: anywhere. */
  readonly readable?: Readable | undefined;
}

/** Throws {@link InvalidRequest} for traces, a workflow's dataset or a tokenizer outside of the place where they are read. */
export function refuseOtherPlaces({ source, dataset }: Pick<Request, 'source' | 'dataset'>, deps: ReadableDeps): void {
  const { readable } = deps;
  if (!readable) return;
  if ('workflow' in source) refuseDataset(source.workflow.dataset, readable);
  else for (const location of [source.traces].flat()) refuseTraces(location, readable, deps);
  const { tokenizer } = dataset;
  if (tokenizer && tokenizer.bucket !== readable.bucket) {
    throw new InvalidRequest(
      `dataset.tokenizer is in bucket ${tokenizer.bucket}: tokenizers are read only in ${readable.bucket}. Copy its files there and name the copy.`,
    );
  }
}

/** A dataset's rows are sent to the host that the request names: no run is one. */
function refuseDataset({ bucket, key }: { readonly bucket: string; readonly key: string }, readable: Readable): void {
  if (isWithin(bucket, key, readable)) return;
  throw new InvalidRequest(
    `source.workflow.dataset is ${key} in bucket ${bucket}: datasets are read only under ${readable.bucket}/${readable.prefix}. ` +
      'Copy it there and name the copy; an upload whose name ends in .csv.dataset (CSV) or .dataset starts no run by itself.',
  );
}

/** What a run wrote is a source, too: a workflow's answers, once they are scored. */
function refuseTraces(location: TraceLocation, readable: Readable, { collectionsBucket }: ReadableDeps): void {
  const { bucket } = location;
  const key = 'key' in location ? location.key : location.prefix;
  if (isWithin(bucket, key, readable) || isWithin(bucket, key, { bucket: collectionsBucket, prefix: 'runs/' })) return;
  throw new InvalidRequest(
    `source.traces is ${key} in bucket ${bucket}: traces are read only under ${readable.bucket}/${readable.prefix}, and runs under ${collectionsBucket}/runs/. Copy them there, or have the stack deployed with another tracesPrefix.`,
  );
}

const isWithin = (bucket: string, key: string, place: Readable): boolean =>
  bucket === place.bucket && key.startsWith(place.prefix);

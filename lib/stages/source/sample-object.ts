import type { ContainerName, TextContainer } from '../../contract/container-name.ts';
import type { ContainerSlice, TraceObject } from '../../contract/plan.ts';
import { readWhole } from '../../sources/containers/byte-reader.ts';
import type { ContainerRejection } from '../../sources/containers/container.ts';
import { DETECTED_BYTES, detectContainer } from '../../sources/containers/detect.ts';
import { isText } from '../../sources/containers/text-records.ts';
import type { RecordFormat, SourceFormat, SourceSample } from '../../sources/source-format.ts';
import type { Deps } from '../deps.ts';
import { openSlice, type RecordSpan, readRecords, readSlice } from './read-records.ts';

/** An object whose first bytes were looked at. */
export interface SampledObject {
  readonly object: TraceObject;
  /** Undefined where it is none, or empty. */
  readonly slice: ContainerSlice | undefined;
  /** Why its container is not known. */
  readonly unsure: string | undefined;
  readonly head: Buffer;
}

/** Looks at the first bytes of an object; `named` is its container where the request says so. */
export async function lookAtObject(
  object: TraceObject,
  named: ContainerName | undefined,
  deps: Deps,
): Promise<SampledObject> {
  const whole = wholeSlice(object, 'lines');
  const { open } = openSlice(whole, deps);
  const head = (await readWhole(open(0, Math.min(object.bytes, DETECTED_BYTES)), DETECTED_BYTES)) ?? Buffer.alloc(0);
  const detected = detectContainer(head, object.key);
  const found = 'container' in detected ? detected.container : undefined;
  if (named !== undefined && (found === 'gzip' || found === 'zstd') && isText(named)) {
    return { object, head, unsure: undefined, slice: wholeSlice(object, found, named) };
  }
  if (named !== undefined && object.bytes > 0) {
    return { object, head, unsure: undefined, slice: wholeSlice(object, named) };
  }
  if ('unsure' in detected) return { object, head, unsure: detected.unsure, slice: undefined };
  const slice = found === 'empty' || found === undefined ? undefined : wholeSlice(object, found);
  return { object, head, unsure: undefined, slice };
}

function wholeSlice(object: TraceObject, container: ContainerName, text?: TextContainer): ContainerSlice {
  const { bucket, key, version, etag, bytes } = object;
  const pin = { bucket, key, ...(version === undefined ? {} : { version }), etag, object_bytes: bytes };
  return { ...pin, cut: 'container', container, ...(text && { text }), start: 0, end: bytes };
}

export interface ObjectSample extends SourceSample {
  /** Of each record: the object's key, in an archive with the entry. */
  readonly keys: readonly string[];
  /** The first thing that is no record, and why. */
  readonly rejected: ContainerRejection | undefined;
}

/** What an object shows of itself to a format. Records that no format joins are read once. */
export function sampleFor({ slice }: SampledObject, deps: Deps): (format: SourceFormat) => Promise<ObjectSample> {
  let plain: Promise<ObjectSample> | undefined;
  return (format) => {
    if (!slice) return Promise.resolve({ records: [], keys: [], rejected: undefined });
    if (isJoining(format) && slice.container === 'zip') return takeFirst(readRecords([slice], format, deps));
    if (format.kind === 'records' && format.listKey !== undefined && slice.container !== 'zip') {
      return takeFirst(readRecords([slice], withoutJoins(format), deps));
    }
    plain ??= takeFirst(readSlice(slice, deps));
    return slice.container === 'zip' ? plain.then((sample) => ofOneEntry(sample, format)) : plain;
  };
}

/** An archive holds other things than records, as a folder does: the first entry that fits speaks for it. */
function ofOneEntry(sample: ObjectSample, format: SourceFormat): ObjectSample {
  const entries = [...Map.groupBy(sample.records, (_, at) => sample.keys[at]).values()];
  const fitting = entries.find((records) => format.detect({ records }) === 'sure');
  return fitting ? { ...sample, records: fitting } : sample;
}

export const isJoining = (format: SourceFormat): format is RecordFormat & Required<Pick<RecordFormat, 'joinEntries'>> =>
  format.kind === 'records' && format.joinEntries !== undefined;

const withoutJoins = ({ joinEntries: _, ...format }: RecordFormat): RecordFormat => format;

/** The first records: what follows them is not read. */
export async function takeFirst(spans: AsyncIterable<RecordSpan>): Promise<ObjectSample> {
  const records: unknown[] = [];
  const keys: string[] = [];
  let rejected: ContainerRejection | undefined;
  let bytes = 0;
  for await (const span of spans) {
    bytes += span.bytes;
    if ('record' in span) {
      records.push(span.record);
      keys.push(span.place.key);
    } else rejected ??= span.rejected;
    if (records.length >= SAMPLE_RECORDS || bytes >= SAMPLE_BYTES) break;
  }
  return { records, keys, rejected };
}

const SAMPLE_RECORDS = 20;
const SAMPLE_BYTES = 1_048_576;

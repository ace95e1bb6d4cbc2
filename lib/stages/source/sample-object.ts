import type { ContainerName, TextContainer } from '../../contract/container-name.ts';
import type { ContainerSlice, TraceObject } from '../../contract/plan.ts';
import { readWhole } from '../../sources/containers/byte-reader.ts';
import { DETECTED_BYTES, detectContainer } from '../../sources/containers/detect.ts';
import { isText } from '../../sources/containers/text-records.ts';
import type { ItemRejection } from '../../sources/record.ts';
import type { RecordFormat, SourceFormat, SourceSample } from '../../sources/source-format.ts';
import type { Deps } from '../deps.ts';
import type { ListedObject } from '../find-traces.ts';
import { pinObject } from '../pin-object.ts';
import { openSlice, type RecordSpan, readRecords, readSlice } from './read-records.ts';

/** An object whose first bytes were looked at. */
export interface SampledObject {
  readonly object: ListedObject;
  /** Undefined where it is none, or empty. */
  readonly slice: ContainerSlice | undefined;
  /** Why its container is not known. */
  readonly unsure: string | undefined;
  readonly head: Buffer;
  /** What it shows of itself to a format. Read anew at each call, unless it was looked at to keep that. */
  readonly sample: (format: SourceFormat) => Promise<ObjectSample>;
}

/** Looks at the first bytes of an object; `named` is its container where the request says so. */
export async function lookAtObject(
  object: ListedObject,
  named: ContainerName | undefined,
  deps: Deps,
): Promise<SampledObject> {
  const { open } = openSlice(wholeSlice(object, 'lines'), deps);
  const head = (await readWhole(open(0, Math.min(object.bytes, DETECTED_BYTES)), DETECTED_BYTES)) ?? Buffer.alloc(0);
  const detected = detectContainer(head, object.key);
  const found = 'container' in detected ? detected.container : undefined;
  const seen = (slice: ContainerSlice | undefined, unsure?: string): SampledObject => ({
    ...seenAs(object, slice, deps),
    ...{ unsure, head },
  });
  if (named !== undefined && (found === 'gzip' || found === 'zstd') && isText(named)) {
    return seen(wholeSlice(object, found, named));
  }
  if (named !== undefined && object.bytes > 0) return seen(wholeSlice(object, named));
  if ('unsure' in detected) return seen(undefined, detected.unsure);
  return seen(found === 'empty' || found === undefined ? undefined : wholeSlice(object, found));
}

/** The same, for the few objects by which several things are decided: each sample is read once. */
export const keepSamples = (one: SampledObject, deps: Deps): SampledObject => ({
  ...one,
  sample: sampleFor(one.slice, deps),
});

/** A part of a joined record, which is one JSON value whatever its lines: nothing is looked at. */
export const asJsonObject = (object: TraceObject, deps: Deps): SampledObject =>
  seenAs(object, wholeSlice(object, 'json'), deps);

const seenAs = (object: ListedObject, slice: ContainerSlice | undefined, deps: Deps): SampledObject => ({
  ...{ object, slice, unsure: undefined, head: Buffer.alloc(0) },
  // A run may have 100,000 objects: what is not asked for again is not kept.
  sample: (format) => sampleFor(slice, deps)(format),
});

const wholeSlice = (object: TraceObject, container: ContainerName, text?: TextContainer): ContainerSlice => ({
  ...pinObject(object),
  ...{ cut: 'container', container, start: 0, end: object.bytes },
  ...(text && { text }),
});

export interface ObjectSample extends SourceSample {
  /** Of each record: the object's key, in an archive with the entry. */
  readonly keys: readonly string[];
  /** The first thing that is no record, and why. */
  readonly rejected: ItemRejection | undefined;
}

/** What an object shows of itself to a format. Most formats read the records as they are: these are read once. */
function sampleFor(slice: ContainerSlice | undefined, deps: Deps): SampledObject['sample'] {
  const samples = new Map<SourceFormat | 'plain', Promise<ObjectSample>>();
  const once = (of: SourceFormat | 'plain', read: () => AsyncIterable<RecordSpan>): Promise<ObjectSample> => {
    const sample = samples.get(of) ?? takeFirst(read());
    samples.set(of, sample);
    return sample;
  };
  return async (format) => {
    if (!slice) return { records: [], keys: [], rejected: undefined };
    const isZip = slice.container === 'zip';
    if (isJoining(format) && isZip) return once(format, () => readRecords([slice], format, deps));
    if (format.kind === 'records' && format.listKey !== undefined && !isZip) {
      return once(format, () => readRecords([slice], withoutJoins(format), deps));
    }
    const plain = await once('plain', () => readSlice(slice, deps));
    return isZip ? ofOneEntry(plain, format) : plain;
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
  let rejected: ItemRejection | undefined;
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

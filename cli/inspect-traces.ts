import type { TraceLocation } from '../lib/contract/source.ts';
import { type Inspection, openInspector } from '../lib/inspect/inspection.ts';
import type { ObjectStore } from '../lib/objects/store.ts';
import { natNames } from '../lib/sources/formats/nat/nat-names.ts';
import { readTraceItems } from '../lib/sources/read-trace-items.ts';
import { findTraces } from '../lib/stages/find-traces.ts';
import { openBucket } from './open-bucket.ts';

/** Streams the traces, item by item. Throws {@link NoTraces}. */
export async function inspectTraces(locations: readonly TraceLocation[], stepName: string): Promise<Inspection> {
  const stores = new Map<string, ObjectStore>();
  for (const { bucket } of locations) stores.set(bucket, stores.get(bucket) ?? (await openBucket(bucket)));
  const storeOf = (bucket: string): ObjectStore => {
    const store = stores.get(bucket);
    if (!store) throw new Error(`Bucket ${bucket} is not open.`);
    return store;
  };
  const inspector = openInspector(stepName);
  for (const object of await findTraces({ traces: [...locations] }, { bucket: storeOf })) {
    inspector.nextFile();
    const open = (start: number, end?: number) => storeOf(object.bucket).read(object.key, { pin: object, start, end });
    const whole = { cut: null, start: 0, end: object.bytes, object_bytes: object.bytes };
    for await (const span of readTraceItems(open, whole, natNames(stepName))) inspector.take(span);
  }
  return inspector.inspection();
}

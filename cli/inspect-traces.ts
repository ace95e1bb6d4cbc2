import type { Request } from '../lib/contract/request.ts';
import type { Beside } from '../lib/contract/run-source.ts';
import type { TraceSource } from '../lib/contract/source.ts';
import { type Inspection, openInspector } from '../lib/inspect/inspection.ts';
import { natNames } from '../lib/sources/formats/nat/nat-names.ts';
import { readTraceItems } from '../lib/sources/read-trace-items.ts';
import { findTraces } from '../lib/stages/find-traces.ts';
import { inspectSource, type SourceInspection } from '../lib/stages/inspect-source.ts';
import { completeFormat, findSource } from '../lib/stages/source/resolve-source.ts';
import { sourceDeps } from './source-deps.ts';
import { spoolStandardInput } from './standard-input.ts';

/** `beside`, `passedOver`: what a run passes over by name, or by content. */
export type Inspected = { readonly beside: readonly Beside[] } & (
  | { readonly kind: 'traces'; readonly inspection: Inspection; readonly passedOver: readonly string[] }
  | { readonly kind: 'source'; readonly inspection: SourceInspection }
);

/** Streams what the source names, record by record. Throws {@link NoTraces}, and {@link InvalidRequest} for unknown formats. */
export async function inspectTraces(request: Request, named: TraceSource): Promise<Inspected> {
  const locations = [named.traces].flat();
  const deps = await sourceDeps({ locations, input: await spoolStandardInput(locations) });
  const { builder, limits } = request;
  const { objects, beside } = await findTraces(named, deps);
  const source = await completeFormat(named, { builder, objects }, deps);
  const found = await findSource(source, { builder, objects }, deps);
  if (found.kind === 'records') {
    return {
      kind: 'source',
      beside: [...beside, ...found.beside],
      inspection: await inspectSource(found, { source, builder, limits }, deps),
    };
  }
  const stepName = builder.ttc_step_name;
  const names = natNames(stepName, source.nat_keys);
  const inspector = openInspector(stepName, limits);
  for (const object of found.objects) {
    inspector.nextFile(object.key);
    const open = (start: number, end?: number) =>
      deps.bucket(object.bucket).read(object.key, { pin: object, start, end });
    const whole = { cut: null, start: 0, end: object.bytes, object_bytes: object.bytes };
    for await (const span of readTraceItems(open, whole, names)) inspector.take(span);
  }
  return {
    kind: 'traces',
    beside: [...beside, ...found.beside],
    passedOver: found.passedOver,
    inspection: inspector.inspection(),
  };
}

import type { ContainerSlice } from '../../contract/plan.ts';
import type { Beside } from '../../contract/run-source.ts';
import type { TraceSource } from '../../contract/source.ts';
import { readZipDirectory } from '../../sources/containers/zip-directory.ts';
import type { SourceFormat } from '../../sources/source-format.ts';
import type { Deps } from '../deps.ts';
import { ahead } from '../each.ts';
import { TRACE_NAME } from '../find-traces.ts';
import { tallyBeside } from '../tally-beside.ts';
import { LOOKS_AT_ONCE } from './find-native.ts';
import { namesIn } from './join-objects.ts';
import { openSlice } from './read-records.ts';
import type { FoundRecords, NativeSource } from './resolve-source.ts';
import { isJoining, lookAtObject } from './sample-object.ts';

/** What the archives among the objects hold beside records: passed over by its name, or because no record is made of it. */
export async function findBesideEntries(
  found: FoundRecords | NativeSource,
  source: TraceSource,
  deps: Deps,
): Promise<readonly Beside[]> {
  const beside = tallyBeside();
  const tallied =
    found.kind === 'records'
      ? ahead(found.objects, LOOKS_AT_ONCE, ({ slice }) => tallyEntries(slice, found.format, deps))
      : // Of NAT's traces only what is named otherwise than they are is looked at: another object is no archive.
        ahead(
          found.objects.filter(({ key }) => !TRACE_NAME.test(key)),
          LOOKS_AT_ONCE,
          async (object) => tallyEntries((await lookAtObject(object, source.container, deps)).slice, undefined, deps),
        );
  for await (const [, entries] of tallied) for (const one of entries) beside.addAll(one);
  return beside.found();
}

async function tallyEntries(slice: ContainerSlice | undefined, format: SourceFormat | undefined, deps: Deps) {
  if (slice?.container !== 'zip') return [];
  const directory = await readZipDirectory(openSlice(slice, deps));
  if ('rejected' in directory) return [];
  const beside = tallyBeside();
  const add = (why: Beside['why'], name: string) => beside.add(why, `${slice.key}!/${name}`);
  for (const { why, name } of directory.beside) add(why, name);
  if (format && isJoining(format)) {
    const names = directory.entries.flatMap((entry) => ('rejected' in entry ? [] : [entry.name]));
    const joins = format.joinEntries(names);
    const used = new Set(joins.flatMap(namesIn));
    if (joins.length > 0) {
      for (const name of names) if (!used.has(name) && !format.leaves?.test(name)) add('entry', name);
    }
  }
  return beside.found();
}

import type { Stretch } from '../contract/stretch.ts';
import { Group } from '../contract/trajectory.ts';
import { CorruptObject } from '../errors.ts';
import { readLineItems } from '../sources/containers/lines.ts';
import { readItems } from '../sources/containers/read-records.ts';
import type { ReadItem } from '../sources/record.ts';
import type { Deps } from './deps.ts';

/** The groups whose lines begin in the stretch of the collection at `key`, however long they are. */
export async function* groupsOf(
  key: string,
  { start, end, collection_bytes }: Omit<Stretch, 'ordinal'>,
  deps: Deps,
): AsyncGenerator<Group> {
  const open = (from: number, to?: number) => deps.collections.read(key, { start: from, end: to });
  const slice = { cut: 'lines', start, end, object_bytes: collection_bytes } as const;
  const read = groupReader(key, deps);
  const lines = (stream: AsyncIterable<Uint8Array>, range: { readonly start: number; readonly end: number }) =>
    readLineItems(stream, range, read, Number.POSITIVE_INFINITY);
  for await (const span of readItems(open, slice, read, lines)) if ('item' in span) yield span.item;
}

/** Throws {@link CorruptObject} at a line that is no group. */
export const groupReader =
  (key: string, { collections }: Deps): ReadItem<Group> =>
  (bytes) => {
    try {
      return { item: Group.parse(JSON.parse(bytes.toString())) };
    } catch (cause) {
      throw new CorruptObject(
        `${collections.name}/${key} is not what the pipeline writes there; start the run under another run id.`,
        { cause },
      );
    }
  };

import type { ReadItem, Span } from '../record.ts';
import { peek, readWhole } from './byte-reader.ts';
import type { Container, PinnedObject } from './container.ts';
import { readArray } from './read-array.ts';
import { readItems } from './read-records.ts';
import { HEAD_BYTES, sniff } from './sniff.ts';

/** A JSON array. It can be cut anywhere, if its first bytes show at which lines its elements begin. */
export const array: Container = {
  cuts: cutsAnywhereIfIndented,
  async *read(object, { start, end }, { fromJson }) {
    const { key, bytes, open } = object;
    if (start === 0 && end >= bytes) {
      yield* readArrayText(open(0, bytes), fromJson);
      return;
    }
    const indentation = await findIndentation(object);
    if (indentation === null) throw new RangeError(`${key}: only a whole array is read if its lines show no elements`);
    yield* readItems(open, { cut: 'array', start, end, object_bytes: bytes, indentation, key }, fromJson);
  },
};

/** The elements of an array in a stream; its first bytes show how to find them. */
export async function* readArrayText<Item>(
  stream: AsyncIterable<Uint8Array>,
  read: ReadItem<Item>,
): AsyncGenerator<Span<Item>> {
  const [head, whole] = await peek(stream, HEAD_BYTES);
  yield* readArray(whole, indentationOf(head), read);
}

async function* cutsAnywhereIfIndented(object: PinnedObject, every: number): AsyncGenerator<number> {
  if ((await findIndentation(object)) === null) return;
  for (let cut = every; cut < object.bytes; cut += every) yield cut;
}

async function findIndentation({ bytes, open }: PinnedObject): Promise<string | null> {
  const head = await readWhole(open(0, Math.min(bytes, HEAD_BYTES)), HEAD_BYTES);
  return head ? indentationOf(head) : null;
}

function indentationOf(head: Uint8Array): string | null {
  const form = sniff(head);
  return form.kind === 'array' ? form.indentation : null;
}

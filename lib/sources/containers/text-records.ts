import type { ContainerName, TextContainer } from '../../contract/container-name.ts';
import { isUnclosed } from '../json/json-strings.ts';
import { MAX_ITEM_BYTES, reject, tooLarge } from '../record.ts';
import { readArrayText } from './array.ts';
import { peek, readWhole } from './byte-reader.ts';
import type { ContainerSpan, RecordReader } from './container.ts';
import { readCsv } from './csv.ts';
import { DETECTED_BYTES, detectContainer, SEPARATORS } from './detect.ts';
import { findText } from './find-text.ts';
import { readLineItems } from './lines.ts';

/** The records of a text, in the container that its first bytes tell, if it is not named. */
export async function* readTextRecords<Item>(
  stream: AsyncIterable<Uint8Array>,
  reader: RecordReader<Item>,
  named?: TextContainer,
): AsyncGenerator<ContainerSpan<Item>> {
  if (named) {
    yield* readText(stream, reader, named);
    return;
  }
  const [head, whole] = await peek(stream, DETECTED_BYTES);
  const detected = detectContainer(head);
  if ('unsure' in detected) {
    yield { offset: 0, bytes: head.length, ...reject('unknown_container', detected.unsure) };
  } else if (isText(detected.container)) {
    yield* readText(whole, reader, detected.container);
  } else if (detected.container !== 'empty') {
    const detail = `it holds another container (${detected.container}); extract that and give it on its own`;
    yield { offset: 0, bytes: head.length, ...reject('nested_container', detail) };
  }
}

export const isText = (name: ContainerName | 'empty'): name is TextContainer =>
  name === 'lines' || name === 'array' || name === 'json' || name === 'csv' || name === 'tsv';

async function* readText<Item>(
  stream: AsyncIterable<Uint8Array>,
  reader: RecordReader<Item>,
  container: TextContainer,
): AsyncGenerator<ContainerSpan<Item>> {
  if (container === 'lines') yield* readLineItems(stream, EVERYTHING, reader.fromJson);
  else if (container === 'array') yield* readArrayText(stream, reader.fromJson);
  else if (container === 'json') yield* readOneValue(stream, reader);
  else yield* readCsv(stream, SEPARATORS[container], reader);
}

const EVERYTHING = { start: 0, end: Number.POSITIVE_INFINITY };

/** One JSON value over any number of lines, of one record's size at most. */
async function* readOneValue<Item>(
  stream: AsyncIterable<Uint8Array>,
  reader: RecordReader<Item>,
): AsyncGenerator<ContainerSpan<Item>> {
  const text = await readWhole(stream, MAX_ITEM_BYTES);
  if (!text) {
    yield tooLarge(0);
    return;
  }
  const { from, to } = findText(text);
  if (from === to) return;
  const read = reader.fromJson(text.subarray(from, to));
  const isCut = 'rejected' in read && isUnclosed(text.toString('latin1', from, to));
  yield {
    offset: from,
    bytes: to - from,
    ...(isCut ? reject('truncated', 'the file ends inside its JSON value') : read),
  };
}

import type { ContainerName, TextContainer } from '../../contract/container-name.ts';
import { array } from './array.ts';
import type { Container, ContainerSpan, PinnedObject, RecordReader } from './container.ts';
import { gunzip } from './gunzip.ts';
import { type Decompressed, readEnding } from './inflating.ts';
import { parquet } from './parquet.ts';
import { readItems } from './read-records.ts';
import { readTextRecords } from './text-records.ts';
import { zip } from './zip.ts';
import { unzstd } from './zstd.ts';

/** Every container by its name, as `source.container` has it. */
export const CONTAINERS: Readonly<Record<ContainerName, Container>> = {
  lines: {
    cuts: 'anywhere',
    read: ({ open, bytes }, range, reader) =>
      readItems(open, { cut: 'lines', ...range, object_bytes: bytes }, reader.fromJson),
  },
  array,
  json: wholeText('json'),
  csv: wholeText('csv'),
  tsv: wholeText('tsv'),
  parquet,
  zip,
  gzip: { cuts: 'nowhere', read: (object, _, reader) => readCompressed(object, gunzip, reader) },
  zstd: { cuts: 'nowhere', read: (object, _, reader) => readCompressed(object, unzstd, reader) },
};

/** Where the text's own container is not named, its first bytes tell. */
export async function* readCompressed<Item>(
  object: PinnedObject,
  decompress: (compressed: AsyncIterable<Uint8Array>) => Decompressed,
  reader: RecordReader<Item>,
  named?: TextContainer,
): AsyncGenerator<ContainerSpan<Item>> {
  const text = decompress(object.open(0, object.bytes));
  yield* readTextRecords(text.bytes, reader, named);
  yield* readEnding(text);
}

function wholeText(container: TextContainer): Container {
  return {
    cuts: 'nowhere',
    read: (object, _, reader) => readTextRecords(object.open(0, object.bytes), reader, container),
  };
}

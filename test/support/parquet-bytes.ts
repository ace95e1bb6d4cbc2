import { ByteWriter } from 'hyparquet-writer/src/index.js';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';

/** A Parquet file by hand: what no writer writes. */
export function parquetBytes(columns: readonly HandmadeColumn[], { rows = 1, groups = 1 } = {}): Buffer {
  const parts: Buffer[] = [Buffer.from('PAR1')];
  let at = 4;
  const rowGroups = Array.from({ length: groups }, () => ({
    field_1: columns.map(({ path, type = BYTE_ARRAY, codec = 0, pages }) => {
      const chunk = Buffer.concat(pages);
      const start = at;
      parts.push(chunk);
      at += chunk.length;
      return {
        field_2: BigInt(start),
        field_3: {
          ...{ field_1: type, field_2: [0], field_3: path, field_4: codec, field_5: BigInt(rows) },
          ...{ field_6: BigInt(chunk.length), field_7: BigInt(chunk.length), field_9: BigInt(start) },
        },
      };
    }),
    field_2: BigInt(at),
    field_3: BigInt(rows),
  }));
  const root = { field_4: 'root', field_5: new Set(columns.map(({ path }) => path[0])).size };
  const schema = [root, ...columns.flatMap(({ schema: own, ...column }) => own ?? [leafOf(column)])];
  return withFooter(parts, thrift({ field_1: 2, field_2: schema, field_3: BigInt(rows * groups), field_4: rowGroups }));
}

/** The parts of a file before its footer, and the footer. */
export function withFooter(parts: readonly Buffer[], footer: Buffer): Buffer {
  const end = Buffer.alloc(8);
  end.writeUInt32LE(footer.length);
  end.write('PAR1', 4, 'latin1');
  return Buffer.concat([...parts, footer, end]);
}

export interface HandmadeColumn {
  readonly path: readonly string[];
  readonly type?: number;
  /** 0: none; 6: zstd. */
  readonly codec?: number;
  readonly optional?: boolean;
  /** Elements of the schema in the place of a single leaf. */
  readonly schema?: readonly object[];
  readonly pages: readonly Buffer[];
}

const leafOf = ({ path, type = BYTE_ARRAY, optional = false }: Omit<HandmadeColumn, 'pages' | 'codec'>) => ({
  field_1: type,
  field_3: optional ? 1 : 0,
  field_4: path.at(-1),
});

export const [BOOLEAN, INT32, INT64, DOUBLE, BYTE_ARRAY] = [0, 1, 2, 5, 6];
export const [PLAIN, RLE, DELTA_BINARY, DELTA_LENGTHS, DELTA_TEXTS, DICTIONARY, SPLIT] = [0, 3, 5, 6, 7, 8, 9];

interface HandmadePage {
  readonly values: number;
  readonly encoding?: number;
  readonly content: Buffer;
  /** Before it is compressed. */
  readonly bytes?: number;
}

export function dataPage({ values, encoding = PLAIN, content, bytes = content.length }: HandmadePage): Buffer {
  const data = { field_1: values, field_2: encoding, field_3: RLE, field_4: RLE };
  return Buffer.concat([thrift({ field_1: 0, field_2: bytes, field_3: content.length, field_5: data }), content]);
}

export function dictionaryPage({ values, content }: HandmadePage): Buffer {
  const data = { field_1: values, field_2: PLAIN };
  return Buffer.concat([
    thrift({ field_1: 2, field_2: content.length, field_3: content.length, field_7: data }),
    content,
  ]);
}

/** Of the second kind. */
export function dataPageV2({
  values,
  encoding = PLAIN,
  content,
  nulls = 0,
  levels = 0,
}: HandmadePage & {
  readonly nulls?: number;
  readonly levels?: number;
}): Buffer {
  const data = {
    ...{ field_1: values, field_2: nulls, field_3: values, field_4: encoding },
    ...{ field_5: levels, field_6: 0, field_7: false },
  };
  return Buffer.concat([
    thrift({ field_1: 3, field_2: content.length, field_3: content.length, field_8: data }),
    content,
  ]);
}

export function thrift(struct: Readonly<Record<`field_${number}`, unknown>>): Buffer {
  const writer = new ByteWriter();
  serializeTCompactProtocol(writer, struct);
  return Buffer.from(writer.getBytes());
}

export function varint(number: number): Buffer {
  const bytes: number[] = [];
  let left = number;
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  return Buffer.from([...bytes, left]);
}

/** A run of the hybrid of RLE and bit-packing: so many times a value of one byte. */
export const run = (times: number, value = 0): Buffer => Buffer.concat([varint(times * 2), Buffer.from([value])]);

export const sized = (content: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return Buffer.concat([length, content]);
};

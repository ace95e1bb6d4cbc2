import { crc32, deflateRawSync } from 'node:zlib';

/** A zip archive by hand: what no writer writes. */
export function archiveOf(entries: readonly Partial<HandmadeEntry>[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name = 'a.json', text = Buffer.from('{"a":1}'), method = 8, flags = 0, ...says } of entries) {
    const data = says.data ?? (method === 8 ? deflateRawSync(text) : text);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(flags, 2);
    head.writeUInt16LE(method, 4);
    head.writeUInt32LE(says.crc32 ?? crc32(text), 10);
    head.writeUInt32LE(data.length, 14);
    head.writeUInt32LE(says.bytes ?? text.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(says.offset ?? at, 10);
    const local = Buffer.from(head);
    if (says.localName !== undefined) local.writeUInt16LE(Buffer.byteLength(says.localName), 22);
    if (says.nameBytes !== undefined) local.writeUInt16LE(says.nameBytes, 22);
    if (says.extraBytes !== undefined) local.writeUInt16LE(says.extraBytes, 24);
    files.push(Buffer.from('PK\x03\x04'), local, Buffer.from(says.localName ?? name), data);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), head, tail, Buffer.from(name));
    at += 30 + Buffer.byteLength(says.localName ?? name) + data.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, listed, end]);
}

export interface HandmadeEntry {
  readonly name: string;
  readonly text: Buffer;
  readonly data: Buffer;
  readonly method: number;
  readonly flags: number;
  readonly crc32: number;
  readonly bytes: number;
  readonly offset: number;
  /** In the local header alone. */
  readonly localName: string;
  readonly nameBytes: number;
  readonly extraBytes: number;
}

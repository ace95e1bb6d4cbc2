import { CorruptObject } from '../errors.ts';
import { DIGEST_BYTES, type Digest } from './digest.ts';
import type { ExportPlan } from './export-plan.ts';
import type { GroupRecord, PairDigests, PairRecord } from './group-record.ts';

/*
 * Records as they are kept between the export's phases: numbers little-endian, nothing between them. Sources are numbers,
 * whose keys stand beside the records.
 *
 *   group  root 16, mean reward f64, source u32, pairs u32, bytes of its example's id u32, the id, then its pairs
 *   pair   offset f64, reward f64, margin f64, turn u32, chosen and rejected length u32, shape u8, then for each view
 *          flipped u8, prompt 16, content 16, and with an unpaired format chosen 16, rejected 16
 */
const GROUP_BYTES = DIGEST_BYTES + 20;
const PAIR_BYTES = 37;
const viewBytes = (unpaired: boolean): number => 1 + (unpaired ? 4 : 2) * DIGEST_BYTES;

export function recordBytes(record: GroupRecord, source: number, { views, unpaired }: ExportPlan): Uint8Array {
  const pairBytes = PAIR_BYTES + views.length * viewBytes(unpaired);
  const id = Buffer.from(record.exampleId);
  const bytes = Buffer.alloc(GROUP_BYTES + id.length + record.pairs.length * pairBytes);
  bytes.set(record.root);
  let at = bytes.writeDoubleLE(record.meanReward, DIGEST_BYTES);
  for (const count of [source, record.pairs.length, id.length]) at = bytes.writeUInt32LE(count, at);
  at += id.copy(bytes, at);
  const put = (digest: Digest): void => {
    bytes.set(digest, at);
    at += DIGEST_BYTES;
  };
  for (const pair of record.pairs) {
    for (const number of [pair.offset, pair.reward, pair.margin]) at = bytes.writeDoubleLE(number, at);
    for (const count of [pair.turn, pair.chosenLength, pair.rejectedLength]) at = bytes.writeUInt32LE(count, at);
    at = bytes.writeUInt8(pair.shape, at);
    for (const { flipped, prompt, content, completions } of pair.digests) {
      at = bytes.writeUInt8(flipped ? 1 : 0, at);
      for (const digest of [prompt, content]) put(digest);
      if (completions) for (const digest of [completions.chosen, completions.rejected]) put(digest);
    }
  }
  return bytes;
}

/** The records again, one at a time. Throws {@link CorruptObject} where the bytes end inside one. */
export async function* readRecords(
  stream: AsyncIterable<Uint8Array>,
  sources: readonly string[],
  { views, unpaired }: ExportPlan,
): AsyncGenerator<GroupRecord> {
  const pairBytes = PAIR_BYTES + views.length * viewBytes(unpaired);
  let rest = Buffer.alloc(0);
  let open: OpenGroup | undefined;
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    for (let at = 0; ; ) {
      const next = open ? pairBytes : groupBytes(rest, at);
      if (rest.length - at < next) {
        rest = rest.subarray(at);
        break;
      }
      const bytes = rest.subarray(at, at + next);
      if (open) open.pairs.push(readPair(bytes, views.length, unpaired));
      else open = readGroup(bytes, sources);
      at += next;
      if (open.pairs.length < open.expected) continue;
      yield open;
      open = undefined;
    }
  }
  if (open || rest.length > 0)
    throw new CorruptObject('The records of a stretch end inside one; start the run under another run id.');
}

interface OpenGroup extends GroupRecord {
  readonly expected: number;
  readonly pairs: PairRecord[];
}

/** Of the group that begins at `at`, its pairs excepted: not known before its first bytes are there. */
const groupBytes = (bytes: Buffer, at: number): number =>
  bytes.length - at < GROUP_BYTES ? GROUP_BYTES : GROUP_BYTES + bytes.readUInt32LE(at + GROUP_BYTES - 4);

function readGroup(bytes: Buffer, sources: readonly string[]): OpenGroup {
  const source = sources[bytes.readUInt32LE(DIGEST_BYTES + 8)];
  if (source === undefined)
    throw new CorruptObject('A record names a trace object that is not listed; start the run under another run id.');
  return {
    exampleId: bytes.toString('utf8', GROUP_BYTES),
    root: bytes.subarray(0, DIGEST_BYTES),
    meanReward: bytes.readDoubleLE(DIGEST_BYTES),
    source,
    expected: bytes.readUInt32LE(DIGEST_BYTES + 12),
    pairs: [],
  };
}

function readPair(bytes: Buffer, views: number, unpaired: boolean): PairRecord {
  return {
    offset: bytes.readDoubleLE(0),
    reward: bytes.readDoubleLE(8),
    margin: bytes.readDoubleLE(16),
    turn: bytes.readUInt32LE(24),
    chosenLength: bytes.readUInt32LE(28),
    rejectedLength: bytes.readUInt32LE(32),
    shape: bytes.readUInt8(36),
    digests: Array.from({ length: views }, (_, view) =>
      readDigests(bytes, PAIR_BYTES + view * viewBytes(unpaired), unpaired),
    ),
  };
}

function readDigests(bytes: Buffer, from: number, unpaired: boolean): PairDigests {
  const digest = (place: number): Digest => {
    const at = from + 1 + place * DIGEST_BYTES;
    return bytes.subarray(at, at + DIGEST_BYTES);
  };
  return {
    flipped: bytes[from] === 1,
    prompt: digest(0),
    content: digest(1),
    completions: unpaired ? { chosen: digest(2), rejected: digest(3) } : undefined,
  };
}

import { expect, test } from 'vitest';
import { readLineItems } from '../../../lib/sources/containers/lines.ts';

async function read(chunks: readonly Buffer[]) {
  const stream = (async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk);
  })();
  const everything = { start: 0, end: Number.POSITIVE_INFINITY };
  return Array.fromAsync(readLineItems(stream, everything, (bytes) => ({ item: bytes.toString('latin1') })));
}

// Once in some 100,000 objects a file that ended with its newline had a broken item of -3 bytes behind it: the window's
// memory held a byte order mark of an earlier line there.
test('what earlier lines left in memory is nothing of the file', async () => {
  const marks = Buffer.from(`\n${'\uFEFF'.repeat(40)}\np`);
  for (let length = 1; length < marks.length; length++) {
    const last = Buffer.from(`${'q'.repeat(length)}\n`);
    // The first three fill the window's memory with marks; for the fourth what is held moves to its front.
    const chunks = [Buffer.from('x'), marks, marks.subarray(2), last];
    expect(await read(chunks)).toEqual(await read([Buffer.concat(chunks)]));
  }
});

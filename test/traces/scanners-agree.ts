import { createItemScanner } from '../../lib/traces/scan/item-scanner.ts';
import { randomOf } from '../support/scheduled-store.ts';
import { differenceFromParse, mutate, natItems, parseItem, splitAt, splitSimply } from './scan-reference.ts';

/**
 * Holds the scanners to JSON.parse, and to a splitter that reads a character at a time, over so many mutated items and as
 * many arrays of them. Throws at the first difference. Tells how many of the items were JSON all the same.
 */
export function scannersAgree(items: number, seed: number): number {
  const next = randomOf(seed);
  const random = (below: number): number => Math.floor(next() * below);
  const scanner = createItemScanner();
  const real = natItems();
  const [first = Buffer.alloc(0)] = real;
  let json = 0;
  for (let number = 0; number < items; number += 1) {
    const item = mutate(real[random(real.length)] ?? first, random);
    const difference = differenceFromParse(scanner, item);
    if (difference) throw new Error(`item ${number} of seed ${seed}: ${JSON.stringify(difference, null, 1)}`);
    if (parseItem(item) !== 'not_json') json += 1;

    const array = mutate(Buffer.from(`[${item}, ${first}]`), random);
    const cuts = Array.from({ length: random(5) }, () => random(array.length)).sort((a, b) => a - b);
    const { spans, state } = splitAt(array, cuts);
    const scanned = JSON.stringify({ phase: state.phase, spans });
    const expected = JSON.stringify(splitSimply(array));
    if (scanned === expected) continue;
    const found = { array: array.toString('latin1'), cuts, scanned, expected };
    throw new Error(`array ${number} of seed ${seed}: ${JSON.stringify(found, null, 1)}`);
  }
  return json;
}

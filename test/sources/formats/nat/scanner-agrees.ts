import { createItemScanner } from '../../../../lib/sources/formats/nat/scan/item-scanner.ts';
import { randomOf } from '../../../support/scheduled-store.ts';
import { differenceFromParse, mutate, natItems, parseItem } from './scan-reference.ts';

/**
 * Holds the scanner to JSON.parse over so many mutated items. Throws at the first difference. Tells how many of the items
 * were JSON all the same.
 */
export function scannerAgrees(items: number, seed: number): number {
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
  }
  return json;
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../measure.ts';
import type { Results } from '../results.ts';
import { performancePlaces } from './performance-places.ts';
import { scalingPlaces } from './scaling-places.ts';

/** What a page shows of the results, by the name of the place: `<!-- name -->` to `<!-- /name -->`. */
export type Places = Readonly<Record<string, string>>;

export const PAGES: readonly { readonly path: string; readonly places: (results: Results) => Places }[] = [
  { path: 'docs/performance.md', places: performancePlaces },
  { path: 'docs/operations.md', places: scalingPlaces },
];

export function fillPages(results: Results): void {
  for (const { path, places } of PAGES) {
    const file = join(root, path);
    writeFileSync(file, fillPlaces(readFileSync(file, 'utf8'), places(results)));
  }
}

/** A place on lines of its own takes a table; one within a line takes words. */
export function fillPlaces(text: string, places: Places): string {
  return text.replace(PLACE, (_, name: string, before: string, after: string) => {
    const filling = places[name];
    if (filling === undefined) throw new Error(`Nothing fills the place "${name}".`);
    return `<!-- ${name} -->${before}${filling}${after}<!-- /${name} -->`;
  });
}

export const PLACE = /<!-- (\w+) -->(\n?)[\s\S]*?(\n?)<!-- \/\1 -->/g;

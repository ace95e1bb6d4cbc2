/**
 * Writes `npm-shrinkwrap.json` for the package: an installed `dpo` has the versions that were tested here. `npm pack`
 * makes it and removes it again: in the checkout, npm would take it in place of package-lock.json.
 */
import { writeFileSync } from 'node:fs';
import { shrinkwrapText } from './shrinkwrap.ts';

writeFileSync('npm-shrinkwrap.json', shrinkwrapText('package-lock.json'));

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

/*
 * `npm run licences`: what is installed is under a licence of the list below, by npm's own bill of materials. What is
 * not named here fails the build, so that a person reads it first.
 */

/** By their SPDX names. They ask for no more than their text beside a copy. */
const PERMISSIVE = new Set([
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'MIT-0'],
]);

/** What stays under another licence, and why it may: it serves the tests alone, and reaches no user. */
const EXCEPTIONS: readonly Exception[] = [
  { name: /^(@axe-core\/playwright|axe-core)$/, licence: 'MPL-2.0', why: 'tests the report for accessibility' },
  { name: /^lightningcss(-[a-z0-9-]+)?$/, licence: 'MPL-2.0', why: 'a part of Vite, on which Vitest stands' },
  { name: /^@cspell\/dict-django$/, licence: 'WTFPL', why: 'a word list of cspell, which checks the documents' },
  { name: /^@cspell\/dict-en-common-misspellings$/, licence: 'CC BY-SA 4.0', why: 'another one' },
  { name: /^@azu\/style-format$/, licence: 'WTFPL', why: 'a part of textlint, which checks the documents' },
  { name: /^argparse$/, licence: 'Python-2.0', why: 'a part of js-yaml, by which textlint reads its word list' },
  { name: /^spdx-exceptions$/, licence: 'CC-BY-3.0', why: 'a part of textlint' },
  { name: /^spdx-license-ids$/, licence: 'CC0-1.0', why: 'a part of textlint' },
];

export interface Exception {
  readonly name: RegExp;
  readonly licence: string;
  readonly why: string;
}

/** `licence` is an SPDX expression, or `NOASSERTION`. */
export interface Installed {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** What may not stay, a sentence each. `shipped` names what comes with the package to its users. */
export function objections(
  installed: readonly Installed[],
  shipped: ReadonlySet<string>,
  exceptions: readonly Exception[] = EXCEPTIONS,
): string[] {
  const unlisted = installed.filter(({ licence }) => !isPermissive(licence));
  const isExcepted = ({ name, licence }: Installed) =>
    exceptions.some((exception) => exception.name.test(name) && exception.licence === licence);
  return [
    ...unlisted
      .filter((each) => !isExcepted(each))
      .map(({ name, version, licence }) => `${name}@${version} is under ${licence}, which is not on the list.`),
    ...unlisted
      .filter((each) => isExcepted(each) && shipped.has(each.name))
      .map(({ name, version, licence }) => `${name}@${version} is under ${licence}, and is shipped to users.`),
    ...exceptions
      .filter((exception) => !unlisted.some(({ name }) => exception.name.test(name)))
      .map(({ name }) => `Nothing is installed that the exception ${name} is for: remove it.`),
  ];
}

/** Where a choice is offered (`MIT OR GPL-3.0-or-later`), one is enough. */
const isPermissive = (licence: string): boolean =>
  licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((offered) => PERMISSIVE.has(offered));

const Bill = z.object({
  packages: z.array(z.object({ name: z.string(), versionInfo: z.string(), licenseDeclared: z.string() })),
});

function installed(...flags: readonly string[]): Installed[] {
  const bill = execFileSync('npm', ['sbom', '--sbom-format=spdx', ...flags], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return Bill.parse(JSON.parse(bill)).packages.map(({ name, versionInfo: version, licenseDeclared: licence }) => ({
    ...{ name, version, licence },
  }));
}

if (import.meta.main) {
  const all = installed();
  const shipped = new Set(installed('--omit=dev').map(({ name }) => name));
  const found = objections(all, shipped);
  for (const line of found) process.stderr.write(`${line}\n`);
  if (found.length > 0) process.exitCode = 1;
  else process.stdout.write(`${all.length} packages, ${shipped.size} of them shipped: every licence is on the list.\n`);
}

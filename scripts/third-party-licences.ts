import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const Package = z.object({ name: z.string(), version: z.string(), license: z.string() });

/**
 * What goes with a bundle: the licences of the packages whose files are in it, each text once with the packages it is
 * of. `inputs` are the files' paths, as in esbuild's metafile.
 */
export async function thirdPartyLicences(inputs: Iterable<string>): Promise<string> {
  const folders = new Set<string>();
  for (const input of inputs) {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  const packages = await Promise.all([...folders].map(licenceOf));
  const byText = Map.groupBy(packages, ({ text }) => text);
  const sections = [...byText]
    .map(([text, of]) => `${[...new Set(of.map(({ title }) => title))].sort().join('\n')}\n\n${text}\n`)
    .sort();
  return `The functions in this package hold code of the packages below, under the licences that follow their names.\n\n${sections.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

async function licenceOf(folder: string): Promise<{ readonly title: string; readonly text: string }> {
  const { name, version, license } = Package.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)\b/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const text = texts.map((each) => each.replaceAll('\r\n', '\n').trim()).join('\n\n');
  return { title: `${name} ${version}`, text: text === '' ? `Licence: ${license}` : text };
}

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { STAGES } from '../functions/observability/metric-names.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Each floor may import from itself and from those after it. */
const FLOORS = ['infra', 'cli', 'functions', 'library', 'adapters', 'lib/stages', 'lib'];
/** What a pure library may take from outside: no client, no file system, no clock. */
const OUTSIDE_OF_LIB =
  /^(?:zod|csv-parse(?:\/sync)?|hyparquet(?:\/src\/[a-z]+\.js|-compressors|-writer\/src\/index\.js)?|@huggingface\/(?:jinja|tokenizers)|yauzl|diff|d3-[a-z]+|node:(?:zlib|crypto|buffer|stream|util))$/;

const files = FLOORS.filter((floor) => floor !== 'lib/stages').flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);
const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^;]*?from '([^']+)'|import\('([^']+)'\)/g,
    ),
  ].map(([, from, dynamic]) => from ?? dynamic ?? '');
const floorOf = (path: string): string => FLOORS.filter((floor) => path.startsWith(`${floor}/`)).at(0) ?? 'outside';

test.each(files)('%s imports only downwards', (file) => {
  for (const from of importsOf(file)) {
    if (!from.startsWith('.')) {
      if (file.startsWith('lib/')) expect(from).toMatch(OUTSIDE_OF_LIB);
      continue;
    }
    const target = relative(root, join(root, dirname(file), from));
    // The state machine's definition is read by all who run it.
    if (floorOf(target) === 'outside' || target.endsWith('.asl.json')) continue;
    const [here, there] = [FLOORS.indexOf(floorOf(file)), FLOORS.indexOf(floorOf(target))];
    // `infra` and `cli` stand side by side.
    expect(there === 1 && here === 0 ? 'infra imports cli' : 'fine').toBe('fine');
    expect(there, `${file} imports ${target}`).toBeGreaterThanOrEqual(here);
  }
});

test('commands print through the terminal, which escapes what it is given, and in no other way', () => {
  const printing = files.filter(
    (file) =>
      file.startsWith('cli/') &&
      /process\.std(?:out|err)\.write|console\./.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(printing).toEqual(['cli/terminal.ts']);
});

test('logs, metrics and traces are of the handlers alone, so that a run on this machine prints none of them', () => {
  const importing = (what: RegExp) => files.filter((file) => importsOf(file).some((from) => what.test(from)));
  expect(importing(/^@aws-lambda-powertools\//).map(dirname)).toEqual([
    'functions/observability',
    'functions/observability',
  ]);
  const watched = importing(/\/observed\.ts$/);
  expect(watched.toSorted()).toEqual(STAGES.map((stage) => `functions/${stage}.ts`).toSorted());
  for (const handler of watched) {
    const name = handler.replace('functions/', '');
    expect(importing(new RegExp(`functions/${RegExp.escape(name)}$`))).toEqual([]);
  }
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readNatConfigFile } from '../../cli/nat-config-file.ts';
import { InvalidRequest } from '../../lib/errors.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo nat config '));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

const read = async (name: string, environment: Readonly<Record<string, string>> = {}) =>
  (await readNatConfigFile(join(folder, name), environment)).config;

async function complaint(name: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const error: unknown = await read(name, environment).catch((thrown: unknown) => thrown);
  if (!(error instanceof InvalidRequest)) throw new Error(`not refused: ${String(error)}`);
  return error.message.replaceAll(folder, '…');
}

test('base comes first, from the folder of the file that names it, and objects are merged over it', async () => {
  await write({
    'config.yml': 'base: shared/base.yml\nb: {x: 2, list: [3]}\nc: null',
    'shared/base.yml': 'base: ../root.yml\nb: {x: 1, y: 1, list: [1, 2]}\nc: {d: 1}',
    'root.yml': `a: "\${NAME:-root}"\nb: {z: 0}`,
  });
  expect(await read('config.yml', { NAME: 'n' })).toEqual({
    a: 'n',
    b: { z: 0, x: 2, y: 1, list: [3] },
    c: null,
  });
});

test('a circle of bases is refused with its files', async () => {
  await write({ 'a.yml': 'base: b.yml', 'b.yml': 'base: a.yml' });
  expect(await complaint('a.yml')).toBe('--nat-config: the base files form a loop: …/a.yml → …/b.yml → …/a.yml.');
});

test('a base that is missing or no path is refused, and says who names it', async () => {
  await write({ 'lost.yml': 'base: nowhere.yml', 'odd.yml': 'base: [x.yml]' });
  expect(await complaint('lost.yml')).toBe('…/nowhere.yml, the base of …/lost.yml, does not exist.');
  expect(await complaint('odd.yml')).toBe('base of …/odd.yml must be the path of another configuration.');
  expect(await complaint('none.yml')).toBe('--nat-config …/none.yml does not exist.');
});

test('variables are put in before the YAML is read, and again into its values', async () => {
  await write({ 'v.yml': `n: \${N}\nb: \${B}\ninner: \${INNER}\nkeys: {\${K}: 1}\nlist: [\${N}, "\${N}"]` });
  const environment = { N: '5', B: 'yes', INNER: `"\${N}x"`, K: 'k' };
  expect(await read('v.yml', environment)).toEqual({ n: 5, b: true, inner: '5x', keys: { k: 1 }, list: [5, '5'] });
});

test('a secret that breaks the YAML is not quoted', async () => {
  await write({ 's.yml': `token: \${TOKEN}` });
  expect(await complaint('s.yml', { TOKEN: 'hf_secret: [' })).toBe(
    '--nat-config …/s.yml is not YAML (with its variables put in): block as implicit key at line 1, column 8.',
  );
});

test('what is no object is refused', async () => {
  await write({ 'l.yml': '[1]' });
  expect(await complaint('l.yml')).toBe('--nat-config …/l.yml must be an object of settings.');
});

import { appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { verifyRun } from '../../cli/verify-run.ts';
import { dpo } from './dpo-process.ts';

const CANDIDATES = new URL('../../examples/candidates.jsonl', import.meta.url).pathname;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-verify-'));
  const args = ['run', CANDIDATES, '--out', join(folder, 'committed'), '--run-id', 'r', '--quiet'];
  expect((await dpo([...args, '--set', 'dataset.formats=trl,openai'])).code).toBe(0);
});
beforeEach(async () => {
  await rm(join(folder, 'out'), { recursive: true, force: true });
  await cp(join(folder, 'committed'), join(folder, 'out'), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

const at = (...names: string[]) => join(folder, 'out/runs/r', ...names);
const differences = async () => (await verifyRun(at(), undefined)).differences;

test('a run as it was committed is verified, and how much that was is told', async () => {
  expect(await verifyRun('r', join(folder, 'out'))).toMatchObject({ run_id: 'r', files: 9, differences: [] });
  expect(await dpo(['verify', at()])).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^Run r is unchanged since its commit: 9 files, \d+ KB\.\n$/),
    stderr: '',
  });
});

test('the estimate that a run on AWS has is its own', async () => {
  await writeFile(at('estimate.json'), '{}');
  expect(await differences()).toEqual([]);
});

test('every way in which a file may differ is named, and the command ends with 1', async () => {
  await appendFile(at('collection.jsonl'), ' ');
  const train = at('datasets/trl/train.jsonl');
  const bytes = await readFile(train);
  bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9);
  await writeFile(train, bytes);
  await unlink(at('report.html'));
  await writeFile(at('request.json'), '{}');
  await writeFile(at('datasets/trl/train-2.jsonl\u001b[2J'), '{}\n');
  await writeFile(at('shards/of-its-own'), '');
  await symlink('/etc/hostname', at('notes'));
  expect((await differences()).map(({ key, difference }) => [key, difference])).toEqual([
    ['runs/r/collection.jsonl', 'bytes'],
    ['runs/r/report.html', 'missing'],
    ['runs/r/datasets/trl/train.jsonl', 'checksum'],
    ['runs/r/request.json', 'checksum'],
    ['runs/r/datasets/trl/train-2.jsonl\u001b[2J', 'not_in_manifest'],
    ['runs/r/notes', 'not_in_manifest'],
  ]);
  const { code, stdout, stderr } = await dpo(['verify', 'r', '--out', join(folder, 'out')]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.split('\n')).toEqual([
    expect.stringMatching(/^runs\/r\/collection\.jsonl has \d+ bytes; the manifest says \d+\.$/),
    'runs/r/report.html is missing.',
    expect.stringMatching(/^runs\/r\/datasets\/trl\/train\.jsonl has other bytes: its checksum is /),
    expect.stringMatching(/^runs\/r\/request\.json has other bytes/),
    'runs/r/datasets/trl/train-2.jsonl\\u001b[2J is not in the manifest: the run did not commit it.',
    'runs/r/notes is not in the manifest: the run did not commit it.',
    'Run r differs from what it committed.',
    '',
  ]);
  const json = await dpo(['verify', at(), '--json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout).differences).toHaveLength(6);
});

test('a run without a manifest is refused', async () => {
  await unlink(at('manifest.json'));
  expect(await dpo(['verify', at()])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('r is not committed'),
  });
});

test('a link in the place of a file is a difference of its own, beside those of the other files', async () => {
  await unlink(at('report.html'));
  await symlink('/etc/hostname', at('report.html'));
  await appendFile(at('collection.jsonl'), ' ');
  expect((await differences()).map(({ key, difference }) => [key, difference])).toEqual([
    ['runs/r/collection.jsonl', 'bytes'],
    ['runs/r/report.html', 'refused'],
  ]);
});

test('a folder with the manifest of another run is no committed run, although that one is whole', async () => {
  const copy = join(folder, 'out/runs/copy');
  await mkdir(copy);
  await cp(at('manifest.json'), join(copy, 'manifest.json'));
  await cp(at('request.json'), join(copy, 'request.json'));
  expect(await dpo(['verify', copy])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is the manifest of run r. '),
  });
});

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pushDataset } from '../../cli/push-dataset.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { startNemo } from '../support/nemo-server.ts';
import { dpo } from './dpo-process.ts';

const CANDIDATES = new URL('../../examples/candidates.jsonl', import.meta.url).pathname;
let out = '';
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'dpo-push-'));
  const formats = ['--set', 'dataset.formats=["trl","nemo_rl"]'];
  const { code } = await dpo(['run', CANDIDATES, '--out', out, '--run-id', 'first', '--quiet', ...formats]);
  expect(code).toBe(0);
});
afterAll(() => rm(out, { recursive: true, force: true }));

const options = { out: undefined, format: 'trl', isPublic: false, token: 'hf_secret' };
const run = () => join(out, 'runs', 'first');

async function hub() {
  const server = await startNemo();
  return { ...server, hubUrl: `${server.url}/v1/hf` };
}

test('a committed dataset is pushed whole, card included, to a private repo', async () => {
  const { hubUrl, state, close } = await hub();
  const pushed = await pushDataset(run(), 'hf://team/prefs', { ...options, hubUrl });
  const files = state.repos.get('team/prefs');
  expect([...(files?.keys() ?? [])].sort()).toEqual(['README.md', 'train.jsonl', 'validation.jsonl']);
  for (const [file, bytes] of files ?? []) {
    expect(bytes).toEqual(await readFile(join(out, runKeys('first').dataset('trl', file))));
  }
  expect(pushed).toMatchObject({ repo: 'team/prefs', format: 'trl', files: 3, url: `${hubUrl}/datasets/team/prefs` });
  expect(state.privateRepos.has('team/prefs')).toBe(true);
  expect(state.authorizations.every(([, sent]) => sent === undefined || sent === 'Bearer hf_secret')).toBe(true);
  await close();
});

test('a push that broke off goes on where it was, and one that is done changes nothing', async () => {
  const { hubUrl, state, calls, misbehave, close } = await hub();
  misbehave(/commit\/main/, { status: 503, body: '{"error":"later"}' }, 20);
  await expect(pushDataset(run(), 'hf://team/prefs', { ...options, hubUrl })).rejects.toThrow('answered 503');
  expect(state.repos.get('team/prefs')?.size).toBe(0);
  const uploads = () => calls.filter((call) => call.startsWith('PUT /lfs')).length;
  const before = uploads();
  misbehave(/commit\/main/, { status: 503, body: '' }, 0);
  await close();
  expect(before).toBe(3);

  const again = await hub();
  for (const [oid, bytes] of state.lfs) again.state.lfs.set(oid, bytes);
  await pushDataset(run(), 'hf://datasets/team/prefs', { ...options, hubUrl: again.hubUrl });
  await pushDataset(run(), 'hf://team/prefs', { ...options, hubUrl: again.hubUrl });
  expect(again.calls.filter((call) => call.startsWith('PUT /lfs'))).toEqual([]);
  expect(again.state.repos.get('team/prefs')?.size).toBe(3);
  await again.close();
});

test('public is said, not assumed', async () => {
  const { hubUrl, state, close } = await hub();
  await pushDataset(run(), 'hf://team/open', { ...options, isPublic: true, hubUrl });
  expect(state.repos.has('team/open')).toBe(true);
  expect(state.privateRepos.has('team/open')).toBe(false);
  await close();
});

test('what cannot be pushed is named, with the way out', async () => {
  const hubUrl = 'http://127.0.0.1:9';
  const push = (where: string, target: string, format?: string) =>
    pushDataset(where, target, { ...options, format, hubUrl });
  await expect(push(join(out, 'runs', 'second'), 'hf://team/prefs')).rejects.toThrow('is not committed');
  await expect(push(run(), 'hf://team/prefs')).rejects.toThrow(
    'has datasets for trl, nemo_rl: choose one with --format',
  );
  await expect(push(run(), 'hf://team/prefs', 'openai')).rejects.toThrow(
    'has no dataset for openai; it has trl, nemo_rl',
  );
  await expect(push(run(), 'team/prefs', 'trl')).rejects.toThrow('Write hf://organization/name');
});

test('dpo push takes the token and the hub from the environment', async () => {
  const { hubUrl, state, close } = await hub();
  const push = ['push', 'first', 'hf://team/prefs', '--out', out, '--format', 'nemo_rl'];
  const without = await dpo(push, { env: { HF_TOKEN: '', HF_ENDPOINT: hubUrl } });
  expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('HF_TOKEN is not set') });
  const { code, stdout } = await dpo(push, { env: { HF_TOKEN: 'hf_secret', HF_ENDPOINT: hubUrl } });
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^nemo_rl: 2 files, .* at .*team\/prefs\n$/),
  });
  expect([...(state.repos.get('team/prefs')?.keys() ?? [])].sort()).toEqual(['training.jsonl', 'validation.jsonl']);
  await close();
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDeps } from '../../cli/local/local-deps.ts';
import { runIdFor } from '../../cli/local/run-id.ts';
import { requestFromArgs } from '../../cli/request-from-args.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-run-id-'));
  await writeFile(join(folder, 'a.json'), '[]');
});
afterEach(() => rm(folder, { recursive: true }));

async function nameOf({ set = [] as string[], codeVersion = '1' } = {}): Promise<string> {
  const { request, out, inS3 } = await requestFromArgs({ paths: [folder], out: `${folder}-out`, set });
  return runIdFor(request, await openDeps({ out, inS3, codeVersion }));
}

test('a run is named after the traces that it reads, whatever else lies beside them', async () => {
  const name = await nameOf();
  expect(name).toMatch(/^run-[0-9a-f]{12}$/);
  for (const other of ['README.md', 'run.json', 'notes.txt', '.json.swp']) await writeFile(join(folder, other), '{}');
  expect(await nameOf()).toBe(name);
});

test('other traces, settings or code make another name', async () => {
  const name = await nameOf();
  const names = [name, await nameOf({ set: ['dataset.seed=1'] }), await nameOf({ codeVersion: '2' })];
  await writeFile(join(folder, 'b.jsonl'), '');
  names.push(await nameOf());
  await writeFile(join(folder, 'a.json'), '[ ]');
  names.push(await nameOf());
  expect(new Set(names).size).toBe(names.length);
});

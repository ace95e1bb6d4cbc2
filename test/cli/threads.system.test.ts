import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WORKERS_PAY_BYTES } from '../../cli/local/shard-steps.ts';
import { Manifest } from '../../lib/contract/manifest.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { dpo } from './dpo-process.ts';

/*
 * Runs that are large enough for worker threads: the same files with any number of them, and Ctrl-C at any moment.
 */

const keys = runKeys('r');
let folder = '';
/** The digest of each file of a run that one thread made, by key. */
let alone: ReadonlyMap<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dpo-threads-'));
  const text = traces();
  expect(text.length).toBeGreaterThan(WORKERS_PAY_BYTES);
  await writeFile(join(folder, 'traces.jsonl'), text);
  expect(await run('alone', ['--concurrency', '1'])).toMatchObject({ code: 0 });
  alone = await digests('alone');
});
afterAll(() => rm(folder, { recursive: true }));

const args = (out: string, more: readonly string[] = []) => {
  const formats = ['--set', 'dataset.formats=["trl","openai"]'];
  return ['run', join(folder, 'traces.jsonl'), '--out', join(folder, out), '--run-id', 'r', ...formats, ...more];
};
const run = (out: string, more?: readonly string[]) => dpo(args(out, more));

/** Of all files that the manifest lists, but for those that carry times. */
async function digests(out: string): Promise<ReadonlyMap<string, string>> {
  const listed = Manifest.parse(JSON.parse(await readFile(join(folder, out, keys.manifest), 'utf8')));
  const datasets = Object.values(listed.datasets).flatMap((files) => Object.values(files ?? {}));
  const files = [listed.collection, listed.rejected, ...datasets];
  const digested = files.map(async ({ key }) => {
    const digest = createHash('sha256').update(await readFile(join(folder, out, key)));
    return [key, digest.digest('hex')] as const;
  });
  return new Map(await Promise.all(digested));
}

/** When so many shards of a run are built. */
const built = (out: string, shards: number) => () =>
  vi.waitFor(
    async () => {
      const entries = await readdir(join(folder, out, keys.shards), { recursive: true });
      expect(entries.filter((name) => name.endsWith('summary.json')).length).toBeGreaterThanOrEqual(shards);
    },
    { timeout: 60_000, interval: 5 },
  );

/** The summary of a shard that is built, below the shards' folder: whichever was first. */
async function builtFirst(out: string): Promise<string> {
  const entries = await readdir(join(folder, out, keys.shards), { recursive: true });
  const summary = entries.find((name) => name.endsWith('summary.json'));
  if (summary === undefined) throw new Error('no shard was built');
  return summary;
}

const temporaries = async (out: string) =>
  (await readdir(join(folder, out), { recursive: true })).filter((name) => name.endsWith('.tmp'));

test('three threads write the files of one', async () => {
  expect(await run('three', ['--concurrency', '3'])).toMatchObject({ code: 0 });
  expect(await digests('three')).toEqual(alone);
  expect(await temporaries('three')).toEqual([]);
});

test.each([
  ['one thread', '1'],
  ['three threads', '3'],
])(
  'Ctrl-C ends a run in %s within a second and leaves nothing half written; the same command goes on',
  async (_, threads) => {
    const out = `interrupted-${threads}`;
    const concurrency = ['--concurrency', threads];
    let interrupted = 0;
    const interruptAfter = async () => {
      await built(out, 2)();
      interrupted = performance.now();
    };
    const { code, stderr } = await dpo(args(out, concurrency), { interruptAfter });
    expect(performance.now() - interrupted).toBeLessThan(1000);
    expect(code).toBe(130);
    expect(stderr).toMatch(/Interrupted\. Start the same command again: it continues from what it has written\.\n$/);
    expect(await temporaries(out)).toEqual([]);
    expect(await readdir(join(folder, out, 'runs/r'))).not.toContain('manifest.json');

    const kept = join(folder, out, keys.shards, await builtFirst(out));
    const before = await readFile(kept, 'utf8');
    expect(await run(out, concurrency)).toMatchObject({ code: 0 });
    expect(await readFile(kept, 'utf8')).toBe(before);
    // The request differs in its concurrency alone, and that is in no file of data.
    expect(await digests(out)).toEqual(alone);
  },
);

/** Some 40 MB: more than one thread is given to do alone. */
function traces(): string {
  const text = (id: number, turn: number, candidate: number) =>
    `${id}/${turn}/${candidate} `.repeat(12 + ((id * 7 + turn * 3 + candidate) % 9));
  const candidate = (id: number, turn: number, candidate_index: number) => ({
    payload: {
      ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${id}-${turn}-${candidate_index}` },
      data: {
        ...{ turn_id: `t${turn}`, turn_index: turn, candidate_index, score: ((id + candidate_index * 3) % 10) / 10 },
        ...{ input: text(id, turn, 9), output: text(id, turn, candidate_index) },
      },
    },
  });
  const item = (id: number) => ({
    ...{ id, question: 'q' },
    intermediate_steps: [0, 1, 2].flatMap((turn) => [0, 1, 2].map((index) => candidate(id, turn, index))),
  });
  return Array.from({ length: 9000 }, (_, id) => `${JSON.stringify(item(id))}\n`).join('');
}

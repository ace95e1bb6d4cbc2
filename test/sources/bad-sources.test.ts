import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { archiveOf } from '../support/zip-archive.ts';
import { type RunSettings, runSource } from './run-source.ts';

/*
 * Sources that somebody broke, through whole runs: a clear error, or a named loss beside neighbours that survive.
 */

const rollout = (at: number, more: object = {}) => ({
  task_id: `t${at % 2}`,
  prompt: `Q${at % 2}`,
  response: `A${at}`,
  reward: at,
  ...more,
});
/** Two groups of two: two pairs. */
const GOOD = [0, 1, 2, 3].map((at) => rollout(at));
const MAP = { group: '/task_id', prompt: '/prompt', response: '/response', score: '/reward' };
const lines = (...records: readonly object[]): Buffer =>
  Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
const PARQUET = readFileSync(new URL('../golden/tables/rollouts.parquet', import.meta.url));

type Objects = Readonly<Record<string, Buffer>>;

/** As a user runs it, where what can be read of a broken file is enough: a run without a pair is an error. */
async function runObjects(objects: Objects, { limits, ...settings }: RunSettings = {}) {
  const store = memoryStore('traces');
  for (const [key, bytes] of Object.entries(objects)) await store.create(key, bytes);
  return runSource(store, { ...settings, limits: { allow_empty: false, allow_incomplete: true, ...limits } });
}

describe('is a named loss, and its neighbours survive:', () => {
  const inArchive = (bad: Parameters<typeof archiveOf>[0][number]) => ({
    'a.zip': archiveOf([bad, { name: 'good.jsonl', text: lines(...GOOD) }]),
  });

  test.each<[string, Objects, object, RunSettings?]>([
    [
      'a pointer into text',
      { 'a.jsonl': lines(rollout(0), ...GOOD.map((record) => ({ ...record, response: { text: record.response } }))) },
      { kind: 'item', reason: 'pointer_into_text', key: 'a.jsonl', offset: 0 },
      { source: { format: { ...MAP, response: '/response/text' } } },
    ],
    [
      'a score that is text',
      { 'a.jsonl': lines(rollout(0, { reward: 'good' }), ...GOOD) },
      { kind: 'candidate', reason: 'invalid_score', example_id: 't0', offset: 0 },
    ],
    [
      'half a line at the end',
      { 'a.jsonl': Buffer.concat([lines(...GOOD), Buffer.from('{"task_id":"t0","prompt":"Q')]) },
      { reason: 'truncated', offset: lines(...GOOD).length, detail: expect.stringContaining('ends inside this line') },
    ],
    [
      'half a line at the end of gzip',
      { 'a.jsonl.gz': gzipSync(Buffer.concat([lines(...GOOD), Buffer.from('{"task_id":"t0"')])) },
      { reason: 'truncated', offset: lines(...GOOD).length },
    ],
    [
      'an encrypted entry',
      inArchive({ name: 'bad.jsonl', text: lines(...GOOD), flags: 1 }),
      { reason: 'encrypted', key: 'a.zip!/bad.jsonl' },
    ],
    [
      'an archive in an archive',
      inArchive({ name: 'in.zip', method: 0, text: archiveOf([{ text: lines(...GOOD) }]) }),
      { reason: 'nested_container', key: 'a.zip!/in.zip' },
    ],
    [
      'an entry that says it is 3 GB',
      inArchive({ name: 'bad.jsonl', bytes: 3_000_000_000 }),
      { reason: 'archive_bomb', key: 'a.zip!/bad.jsonl' },
    ],
    [
      'an entry that inflates to 200 MB',
      inArchive({ name: 'bad.jsonl', text: Buffer.alloc(200_000_000, 0x20) }),
      { reason: 'archive_bomb' },
    ],
    [
      'an entry that leads out of the archive',
      inArchive({ name: '../../etc/a.jsonl', text: lines(...GOOD) }),
      { reason: 'unsafe_entry_name', key: 'a.zip!/../../etc/a.jsonl' },
    ],
    [
      'a row with too few cells',
      { 'a.csv': Buffer.from('task_id,prompt,response,reward\nt,Q,A,1\nt,Q,B\nt,Q,C,3\nu,R,D,1\nu,R,E,2\n') },
      { reason: 'ragged_row', offset: 39, detail: expect.stringContaining('3 cells, where the header has 4') },
    ],
    [
      'a Parquet file cut short beside another',
      { 'a.parquet': PARQUET.subarray(0, 9000), 'b.jsonl': lines(...GOOD) },
      { reason: 'broken_parquet', key: 'a.parquet', detail: expect.stringContaining('cut short') },
    ],
  ])('%s', async (_, objects, loss, settings) => {
    const { losses, totals } = await runObjects(objects, settings);
    expect(losses).toMatchObject([loss]);
    expect(totals.total_pairs).toBe(2);
  });

  test('lists of different lengths', async () => {
    const record = { prompt: 'R', responses: ['a', 'b'], rewards: [1, 0] };
    const { losses, totals } = await runObjects({ 'a.jsonl': lines({ ...record, rewards: [1] }, record) });
    expect(losses).toMatchObject([{ kind: 'item', reason: 'lists_of_different_length', offset: 0 }]);
    expect(totals.total_pairs).toBe(1);
  });

  test('an answer that says another group than its record', async () => {
    const answers = [
      { task_id: 'u', response: 'A', reward: 1 },
      ...['B', 'C'].map((response, reward) => ({ response, reward })),
    ];
    const { losses, groups } = await runObjects(
      { 'a.jsonl': lines({ task_id: 't', prompt: 'Q', answers }) },
      { source: { format: { ...MAP, candidates: '/answers' } } },
    );
    expect(losses).toMatchObject([{ kind: 'candidate', reason: 'two_groups' }]);
    expect(groups).toMatchObject([{ example_id: 't', trajectories: [{ episode: [{ chosen_response: 'C' }] }] }]);
  });

  test('a damaged row group of a Parquet file', async () => {
    const damaged = Buffer.from(PARQUET);
    damaged.fill(0, 1000, 1200);
    const { losses, totals } = await runObjects({ 'a.parquet': damaged });
    expect(losses).toMatchObject([{ reason: 'broken_parquet', row: 0 }]);
    expect(totals.total_pairs).toBeGreaterThan(20);
  });

  test('a gzip that stops', async () => {
    const whole = gzipSync(
      lines(...Array.from({ length: 300 }, (_, at) => rollout(at, { task_id: `t${at >> 1}`, prompt: 'Q' }))),
    );
    const { losses, totals } = await runObjects({ 'a.jsonl.gz': whole.subarray(0, -400) });
    expect(losses.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['broken_gzip']));
    expect(totals.total_pairs).toBeGreaterThan(0);
  });

  test('a group of 100,000 candidates', { timeout: 120_000 }, async () => {
    const many = Array.from({ length: 100_000 }, (_, at) => ({ prompt: 'Q', response: `A${at}`, reward: at % 5 }));
    const { losses, totals } = await runObjects({ 'a.jsonl': lines(...many, rollout(1), rollout(3)) });
    expect(new Set(losses.map(({ reason }) => reason))).toEqual(new Set(['too_many_pairs']));
    expect(losses).toHaveLength(100_000);
    expect(losses[0]?.detail).toContain('4000000000 pairs, more than limits.max_turn_pairs (250000)');
    expect(totals.total_pairs).toBe(1);
  });
});

describe('fails the run, and says what it found and what to do:', () => {
  test.each<[string, Objects, RegExp, RunSettings?]>([
    [
      'a pointer into text in every record',
      { 'a.jsonl': lines(...GOOD) },
      /^source\.format\.response is \/response\/text, which points into \/response.*keys found are task_id, prompt, response, reward\.$/,
      { source: { format: { ...MAP, response: '/response/text' } } },
    ],
    [
      'a pointer with a slip',
      { 'a.jsonl': lines(...GOOD) },
      /finds nothing in the first 4 records.*Did you mean \/reward\?/,
      { source: { format: { ...MAP, score: '/rewards' } } },
    ],
    [
      'scores that are all text',
      { 'a.jsonl': lines(...GOOD.map((record) => ({ ...record, reward: 'good' }))) },
      /4 records of rollouts: all answers were refused \(4 invalid_score\)/,
    ],
    ['a Parquet file cut short', { 'a.parquet': PARQUET.subarray(0, 9000) }, /a\.parquet cannot be read: .*cut short/],
    [
      'an archive of encrypted entries',
      { 'a.zip': archiveOf([{ name: 'a.jsonl', text: lines(...GOOD), flags: 1 }]) },
      /a\.zip cannot be read: it is encrypted; decrypt it first/,
    ],
    [
      'CSV without a header',
      { 'a.csv': Buffer.from('t,Q,A,1\nt,Q,A,2\n') },
      /a\.csv cannot be read: .*first row that names each column/,
    ],
    [
      'CSV without a header, whose format is named',
      { 'a.csv': Buffer.from('t,Q,A,1\nt,Q,A,2\n') },
      /a\.csv cannot be read: .*first row that names each column/,
      { source: { format: MAP } },
    ],
    [
      'CSV that names a column twice',
      { 'a.csv': Buffer.from('prompt,prompt,response,reward\nQ,Q,A,1\nQ,Q,B,2\n') },
      /a\.csv cannot be read: .*first row that names each column once/,
    ],
    [
      'white space in zstd without an end',
      { 'a.jsonl.zst': zstdCompressSync(Buffer.alloc(100_000_000, 0x20)) },
      /a\.jsonl\.zst cannot be read: it begins with 65536 bytes of white space/,
    ],
    [
      'two keys that group differently',
      { 'a.jsonl': lines(...GOOD.map((record, at) => ({ ...record, group_id: at < 2 ? 'x' : 'y' }))) },
      /group_id and task_id group the first records differently; source\.format\.group must be/,
    ],
    [
      'keys that nobody knows, with an id among them',
      { 'a.jsonl': lines(...[1, 0].map((quality, id) => ({ id, question_text: 'Q', reply: `A${id}`, quality }))) },
      /"prompt":"\/question_text","response":"\/reply","score":"\/quality"/,
    ],
    [
      'lists that pandas wrote as Python has them',
      { 'a.csv': Buffer.from(`prompt,completions,scores\nQ,"['a', 'b']","[1, 0]"\n`) },
      /\/completions holds Python's notation of a list.*json\.dumps/,
    ],
    [
      'one candidate a group',
      { 'a.jsonl': lines(...[0, 1, 2].map((at) => rollout(at, { task_id: at }))) },
      /3 candidates are in 3 turns, and each turn has one candidate at most.*source\.format\.group/,
    ],
    ['ties alone', { 'a.jsonl': lines(...GOOD.map((record) => ({ ...record, reward: 1 }))) }, /2 have equal scores/],
  ])('%s', async (_, objects, message, settings) => {
    const run = runObjects(objects, settings);
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.not.toThrow(/TTC|NAT/);
  });
});

test('one odd record does not make the other records of its file strangers', async () => {
  const odd = { task_id: 't0', prompt: 'Q0', note: 'has no answer and no score' };
  const { losses, totals, manifest } = await runObjects({
    'a.jsonl': lines(rollout(0), rollout(1)),
    'b.jsonl': lines(odd, rollout(2), rollout(3)),
    'c.json': Buffer.from('{"model": "m"}'),
  });
  expect(totals.total_pairs).toBe(2);
  expect(losses).toMatchObject([{ key: 'b.jsonl', offset: 0 }]);
  expect(manifest.warnings.join(' ')).toMatch(/Passed over.*c\.json/);
});

test('an example whose first answer is lost is named after its prompt', async () => {
  const record = (prompt: string) => ({ prompt, responses: [null, 'a', 'b'], rewards: [0, 1, 2] });
  const { groups, losses } = await runObjects({ 'a.jsonl': lines(record('Q'), record('R')) });
  expect(losses).toHaveLength(2);
  expect(new Set(groups.map(({ example_id }) => example_id)).size).toBe(2);
});

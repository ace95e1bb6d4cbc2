import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';
import { archiveOf } from '../support/zip-archive.ts';

const steps = (id: number) =>
  [0.9, 0.1].map((score, candidate_index) => ({
    payload: {
      ...{ event_type: 'TTC_END', name: 'dpo_candidate_move', UUID: `${id}-${candidate_index}`, metadata: {} },
      data: { turn_id: 'a', candidate_index, score, input: `Question ${id}?`, output: `Answer ${candidate_index}.` },
    },
  }));
const items = [1, 2, 3].map((id) => ({ id, question: `Question ${id}?`, intermediate_steps: steps(id) }));
const lines = Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join(''));
const quoted = (cell: unknown): string =>
  `"${(typeof cell === 'string' ? cell : JSON.stringify(cell)).replaceAll('"', '""')}"`;
const csv = ['id,question,intermediate_steps', ...items.map((item) => Object.values(item).map(quoted).join(','))];

async function run(key: string, bytes: Buffer, compatibility: string) {
  const traces = memoryStore('traces');
  await traces.create(key, bytes);
  const source = { traces: { bucket: 'traces', prefix: '' } };
  return runSteps({ source, builder: { compatibility } }, memoryDeps(traces));
}

const inShort = ({ groups }: Awaited<ReturnType<typeof run>>) =>
  groups.map(({ example_id, trajectories }) => [example_id, trajectories.map(({ episode }) => episode)]);

test.each(['strict', 'nat'])('NAT’s traces in any container are the same examples, in %s', async (compatibility) => {
  const plain = inShort(await run('t.jsonl', lines, compatibility));
  expect(plain).toHaveLength(3);
  for (const [key, bytes] of [
    ['t.jsonl.gz', gzipSync(lines)],
    ['t.jsonl.zst', zstdCompressSync(lines)],
    ['t.csv', Buffer.from(csv.join('\n'))],
    ['t.zip', archiveOf([{ name: 'a.jsonl', text: lines }])],
  ] as const) {
    expect({ key, groups: inShort(await run(key, bytes, compatibility)) }).toEqual({ key, groups: plain });
  }
});

test('the lineage of an item in an archive names its entry', async () => {
  const { groups } = await run('t.zip', archiveOf([{ name: 'a.jsonl', text: lines }]), 'strict');
  expect(groups[0]?.trajectories[0]?.metadata.lineage).toMatchObject({ key: 't.zip!/a.jsonl', offset: 0 });
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Trajectory } from '../../../lib/contract/trajectory.ts';
import { readAll } from '../../../lib/objects/store.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { memoryDeps, runSteps } from '../../support/run.ts';
import { MADE_LINES } from '../source-lines.ts';

const TIC_TAC_TOE = readFileSync(new URL('../../../examples/tic-tac-toe.json', import.meta.url));
/** As a toolkit writes them that numbers no candidate. */
const ONE_INDEX = Buffer.from(TIC_TAC_TOE.toString().replaceAll(/"candidate_index": \d+/g, '"candidate_index": 0'));
const linesOf = ({ lines }: { readonly lines: readonly string[] }) =>
  Buffer.from(lines.map((line) => `${line}\n`).join(''));

const FORMATS = ['trl', 'openai', 'nemo_customizer', 'llama_factory'];

/** A run over some traces, and one with the same settings over the collection of the first. */
async function runTwice(traces: Buffer, settings: { builder?: object; dataset?: object }) {
  const [first, second] = [memoryStore('collections'), memoryStore('collections')];
  const given = memoryStore('traces');
  await given.create('traces', traces);
  // Some formats hold none of these pairs: then both runs leave the same out.
  const request = { ...settings, limits: { max_rejected_fraction: 1, allow_empty: true } };
  const traced = { source: { traces: { bucket: 'traces', key: 'traces' } }, ...request };
  const before = await runSteps(traced, memoryDeps(given, first));
  const collected = { source: { traces: { bucket: 'traces', key: 'runs/run/collection.jsonl' } }, ...request };
  const after = await runSteps(collected, memoryDeps(first, second));
  return { before, after, first, second };
}

const withoutLineage = ({ metadata: { lineage, num_candidates: _, ...metadata }, ...trajectory }: Trajectory) => ({
  ...trajectory,
  metadata,
  uuids: [lineage.chosen_uuid, lineage.rejected_uuid],
});

describe('a collection as a source', () => {
  test.each<[string, Buffer, { builder?: object; dataset?: object }, order?: 'as the traces' | 'of any kind']>([
    ['every pair', TIC_TAC_TOE, {}],
    ['the best against the worst', TIC_TAC_TOE, { builder: { exhaustive_pairs: false } }],
    ['few pairs a turn', TIC_TAC_TOE, { builder: { max_pairs_per_turn: 2, min_score_diff: 0.1 } }],
    ['rewards of the chosen', TIC_TAC_TOE, { builder: { reward_from_score_diff: false } }],
    ['a curriculum', TIC_TAC_TOE, { dataset: { curriculum: { buckets: 3 }, max_pairs: 30 } }],
    ['final answers after calls', linesOf(MADE_LINES[0] ?? { lines: [] }), {}, 'of any kind'],
    ['candidates that all have one index', ONE_INDEX, {}],
    ['interleaved candidates', linesOf(MADE_LINES[2] ?? { lines: [] }), {}, 'of any kind'],
  ])(
    'gives the same pairs and the same datasets: %s',
    async (_, traces, { builder, dataset }, order = 'as the traces') => {
      const { before, after, first, second } = await runTwice(traces, {
        ...(builder && { builder }),
        dataset: { formats: FORMATS, ...dataset },
      });
      expect(after.groups.flatMap(({ trajectories }) => trajectories.map(withoutLineage))).toEqual(
        before.groups.flatMap(({ trajectories }) => trajectories.map(withoutLineage)),
      );
      expect(before.totals.total_pairs).toBeGreaterThan(10);
      for (const files of Object.values(before.manifest.datasets)) {
        for (const { key } of Object.values(files)) {
          // A card names what the dataset was made from.
          if (key.endsWith('.md')) continue;
          const lines = async (store: typeof first) => {
            const found = Buffer.from(await readAll(store, key))
              .toString()
              .split('\n');
            // Of a scattered source's groups a dataset has the order of the first run's traces.
            return order === 'as the traces' ? found : found.toSorted();
          };
          expect([key, await lines(second)]).toEqual([key, await lines(first)]);
        }
      }
    },
  );

  test('keeps whole conversations as they are', async () => {
    const { before, after } = await runTwice(linesOf(MADE_LINES[0] ?? { lines: [] }), {
      builder: { unit: 'trajectory' },
      dataset: { formats: ['trl'] },
    });
    expect(before.groups[0]?.trajectories[0]?.episode[0].chosen_response).toBeInstanceOf(Array);
    expect(after.groups.map(({ trajectories }) => trajectories.map(({ episode }) => episode))).toEqual(
      before.groups.map(({ trajectories }) => trajectories.map(({ episode }) => episode)),
    );
  });

  test('names the line of the collection in the lineage', async () => {
    const { before, after } = await runTwice(TIC_TAC_TOE, { dataset: { formats: [] } });
    const [, second] = after.groups;
    expect(second?.trajectories[0]?.metadata.lineage).toMatchObject({
      key: 'runs/run/collection.jsonl',
      offset: before.collection.indexOf('\n') + 1,
    });
  });

  test('loses a line that is no group by name, and not its neighbours', async () => {
    const given = memoryStore('traces');
    const { before, first } = await runTwice(TIC_TAC_TOE, { dataset: { formats: [] } });
    const collection = Buffer.from(await readAll(first, 'runs/run/collection.jsonl')).toString();
    const [line = '', ...others] = collection.trim().split('\n');
    const broken = line.replace('"reward":', '"rewards":');
    await given.create('collection.jsonl', Buffer.from([...others, broken].join('\n').concat('\n')));
    const { groups, losses } = await runSteps(
      {
        source: { traces: { bucket: 'traces', prefix: '' } },
        dataset: { formats: [] },
        limits: { max_rejected_fraction: 1 },
      },
      memoryDeps(given),
    );
    expect(groups).toHaveLength(before.groups.length - 1);
    expect(losses).toMatchObject([
      { reason: 'invalid_collection_line', detail: expect.stringContaining('trajectories.0') },
    ]);
  });
});

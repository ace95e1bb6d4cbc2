import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FormatName } from '../../lib/contract/dataset.ts';
import { crc32, crc32Base64 } from '../../lib/objects/checksum.ts';
import { readAll } from '../../lib/objects/store.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';

const sample = readFileSync(new URL('../../examples/tic-tac-toe.json', import.meta.url));

async function run(dataset: object, shard_bytes = 1 << 26) {
  const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
  await traces.create('t.json', sample);
  const request = { source: { traces: { bucket: 'traces', key: 't.json' } }, dataset, limits: { shard_bytes } };
  const { manifest } = await runSteps(request, memoryDeps(traces, collections));
  return { manifest, collections };
}

describe('the datasets of a run', () => {
  const formats = FormatName.options;

  test('are written in every format asked for, as the manifest lists them', async () => {
    const { manifest, collections } = await run({ formats });
    expect(Object.keys(manifest.datasets)).toEqual(formats);
    for (const files of Object.values(manifest.datasets)) {
      expect(files.training?.lines).toBeGreaterThan(0);
      for (const { key, bytes, checksum, lines } of Object.values(files)) {
        const written = await readAll(collections, key);
        expect(written.length).toBe(bytes);
        expect(crc32Base64(crc32(written))).toBe(checksum.value);
        expect(Buffer.from(written).toString().split('\n').length - 1).toBe(lines);
      }
    }
    expect(Object.keys(manifest.datasets.trl ?? {})).toContain('README.md');
    expect(Object.keys(manifest.datasets.llama_factory ?? {})).toContain('dataset_info.json');
  });

  test('are the same bytes whatever the shard size', async () => {
    const [whole, cut] = [await run({ formats }), await run({ formats }, 1024)];
    expect(cut.manifest.datasets).toEqual(whole.manifest.datasets);
    expect(cut.manifest.selections).toEqual(whole.manifest.selections);
  });

  test('with a curriculum come as files from easy to hard', async () => {
    const { manifest } = await run({ formats: ['trl'], curriculum: { buckets: 3 } });
    expect(Object.keys(manifest.datasets.trl ?? {})).toEqual([
      'training_1',
      'training_2',
      'training_3',
      'validation',
      'README.md',
    ]);
  });

  test('that miss the gate are not committed: the failure names the threshold, what was found, and the evidence', async () => {
    const [traces, collections] = [memoryStore('traces'), memoryStore('collections')];
    await traces.create('t.json', sample);
    const request = {
      source: { traces: { bucket: 'traces', key: 't.json' } },
      dataset: { gate: { min_pairs: 1000 } },
    };
    await expect(runSteps(request, memoryDeps(traces, collections))).rejects.toThrow(
      expect.objectContaining({
        name: 'GateMissed',
        message: expect.stringMatching(/min_pairs is 1000, found \d+.*collections\/runs\/run\/choice\/facts\.json/),
      }),
    );
    expect(collections.objects.has('runs/run/manifest.json')).toBe(false);
    expect(collections.objects.has('runs/run/choice/facts.json')).toBe(true);
    expect([...collections.objects.keys()].filter((key) => key.includes('/datasets/'))).toEqual([]);
  });
});

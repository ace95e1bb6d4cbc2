import { expect, test } from 'vitest';
import { idleQueueCosts, UPLOADS, uploadCosts, uploadCostsTable } from '../../bench/upload-costs.ts';
import { synthesize } from '../infra/synthesized.ts';
import { PIPELINE } from '../support/pipeline-definition.ts';

test('by hand: what 100,000 files in an hour cost', () => {
  const { each, marker, quiet } = uploadCosts(100_000);
  expect([each.runs, marker.runs, quiet.runs]).toEqual([100_000, 1, 1]);
  expect(each.transitions).toBeCloseTo(20, 6);
  for (const way of [each, marker, quiet]) expect(way.events).toBeCloseTo(0.1, 6);
  expect(quiet.queue).toBeCloseTo(0.048, 6);
  // 300 calls, a hundred pages each.
  expect(quiet.listing).toBeCloseTo(0.15, 6);
  expect(quiet.gather).toBeCloseTo(30_000 * 0.1 * 0.5 * 0.0000133334, 6);
  expect(idleQueueCosts()).toBeCloseTo(0.2592, 4);
});

test('a folder of one file is looked at once', () => {
  const { quiet } = uploadCosts(1);
  expect(quiet.listing).toBeCloseTo(UPLOADS.listedPage, 9);
});

test('the queue, the batches and the function are those of the stack', () => {
  const stack = synthesize({ uploads: { quietMinutes: 5 } });
  const [mapping] = stack.all('AWS::Lambda::EventSourceMapping');
  expect(mapping?.properties).toMatchObject({ BatchSize: 1_000, MaximumBatchingWindowInSeconds: 60 });
  const gather = stack.all('AWS::Lambda::Function').find(({ name }) => name.endsWith('GatherUploads'));
  expect(gather?.properties).toMatchObject({ MemorySize: 512 });
});

test('no run has fewer state transitions', () => {
  const path = ['Evaluate', 'Evaluated', 'BuildShards', 'Built', 'Finalize', 'Finalized', 'Committed'];
  expect(PIPELINE.StartAt).toBe(path[0]);
  for (const [at, name] of path.slice(1).entries()) {
    const state: unknown = PIPELINE.States[path[at] ?? ''];
    expect(JSON.stringify(state), `${path[at]} leads to ${name}`).toMatch(new RegExp(`"(?:Next|Default)":"${name}"`));
  }
  // One child of the map, which calls its function and is over.
  expect(UPLOADS.transitionsOfRun).toBe(path.length + 1);
});

test('the page has a column for each way', () => {
  expect(uploadCostsTable().split('\n')).toEqual([
    '| 100,000 files in an hour | `each` | marker | quiet minutes |',
    '| --- | ---: | ---: | ---: |',
    '| runs | 100,000 | 1 | 1 |',
    "| S3's events, $ | 0.10 | 0.10 | 0.10 |",
    '| state transitions, $ | 20.00 | under 0.01 | under 0.01 |',
    '| gathering, $ | 0 | 0 | 0.22 |',
    '| together, $ | 20.10 | 0.10 | 0.32 |',
  ]);
});

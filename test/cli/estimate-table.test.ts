import { expect, test } from 'vitest';
import { estimateTable } from '../../cli/estimate-table.ts';
import { runPlace } from '../../functions/run-place.ts';
import { DEFAULT_CEILINGS } from '../../lib/contract/ceilings.ts';
import { parseRequest } from '../../lib/contract/parse-request.ts';
import { estimateRun } from '../../lib/estimate/estimate-run.ts';
import { estimateWorkflow } from '../../lib/estimate/estimate-workflow.ts';
import type { Sample } from '../../lib/estimate/sample.ts';

const BOUNDS = { place: runPlace(3008), ceilings: DEFAULT_CEILINGS, maxConcurrency: 100 };
const REQUEST = parseRequest({ run_id: 'r', source: { traces: { bucket: 'traces', prefix: 'traces/' } } });

/** Of JSON lines with 3 candidates a turn. */
const stretch = (pairs: number) => ({
  ...{ bytes: 262_144, textBytes: 262_144, records: 8, examples: 8, turns: pairs / 3, candidates: pairs, pairs },
  collectionBytes: pairs * 1500,
});
const sample = (more: Partial<Sample> = {}): Sample => ({
  ...{ stretches: [stretch(30), stretch(36), stretch(33)], whole: false, scattered: false },
  ...more,
});
const cut = (gigabytes: number) => ({
  ...{ inputs: gigabytes, inputBytes: gigabytes * 1e9, shards: 15 * gigabytes, groupingTasks: 0, joinsAll: false },
  largest: { bytes: 2 ** 26, fix: 'a smaller limits.shard_bytes' },
});

test('1 GB: the range of its pairs, its time and its cost, and what they rest on', () => {
  expect(estimateTable('nightly', estimateRun(REQUEST, cut(1), sample(), BOUNDS))).toMatchInlineSnapshot(`
    "An estimate of run nightly. Nothing was started, uploaded or written.

    inputs         1 object, 1.0 GB
    shards         15
    candidates     108,718 to 144,196
    pairs          108,718 to 144,196
    collection     163 MB to 216 MB, in 15 parts
    Choose holds   22 MB to 28 MB
    nearest limit  Choose's memory (3008 MB): 1 %
    time           about 3 s
    cost           under $0.01

    What the estimate rests on
      Pairs: 24 records were read, 786 KB of 1.0 GB. The range is as if all were like the poorest part of them, or the richest.
      Time: the benchmark's rates on one core, 75 MB/s between a function and S3, and the upper ends of the ranges. Nothing was timed on AWS.
      Cost: US dollars in us-east-1, November 2026, without logs, cold starts and what files cost that are kept.
      Limits: a stack with the default ceilings and chooseMemory. On AWS the run's estimate.json has the stack's own.
    "
  `);
});

test('1 TB: what may fail, and the setting that helps', () => {
  expect(estimateTable('nightly', estimateRun(REQUEST, cut(1000), sample(), BOUNDS))).toMatchInlineSnapshot(`
    "An estimate of run nightly. Nothing was started, uploaded or written.

    inputs         1,000 objects, 1.0 TB
    shards         15,000
    candidates     108,718,872 to 144,195,557
    pairs          108,718,872 to 144,195,557
    collection     163 GB to 216 GB, in 15,000 parts
    Choose holds   22 GB to 28 GB
    nearest limit  Choose's memory (3008 MB): 1080 %. What helps: more memory (the stack's chooseMemory), fewer dataset.formats, or fewer traces per run
    time           about 15 min (BuildShards 3 min, Choose 8 min, WriteDatasets 3 min, Finalize 3 min)
    cost           about $2.78

    Warnings
      The run may fail: it needs about 1080 % of Choose's memory (3008 MB). What helps: more memory (the stack's chooseMemory), fewer dataset.formats, or fewer traces per run.

    What the estimate rests on
      Pairs: 24 records were read, 786 KB of 1.0 TB. The range is as if all were like the poorest part of them, or the richest.
      Time: the benchmark's rates on one core, 75 MB/s between a function and S3, and the upper ends of the ranges. Nothing was timed on AWS.
      Cost: US dollars in us-east-1, November 2026, without logs, cold starts and what files cost that are kept.
      Limits: a stack with the default ceilings and chooseMemory. On AWS the run's estimate.json has the stack's own.
    "
  `);
});

test('groups that lie apart: there may be more', () => {
  const scattered = { ...cut(10), groupingTasks: 150, shards: 256 };
  expect(
    estimateTable('nightly', estimateRun(REQUEST, scattered, sample({ scattered: true }), BOUNDS)),
  ).toMatchInlineSnapshot(`
    "An estimate of run nightly. Nothing was started, uploaded or written.

    inputs         10 objects, 10 GB
    shards         256
    grouping       150 tasks
    candidates     1,087,188 to 1,441,956
    pairs          at least 1,087,188
    collection     at least 1.6 GB, in 256 parts
    Choose holds   at least 220 MB
    nearest limit  Choose's memory (3008 MB): 8 %
    time           about 13 s (GroupCandidates 4 s, BuildShards 3 s, Choose 4 s, WriteDatasets 3 s, Finalize 1 s)
    cost           about $0.08

    What the estimate rests on
      Pairs: 24 records were read, 786 KB of 10 GB. Candidates of a group may lie apart, so there may be more.
      Time: the benchmark's rates on one core, 75 MB/s between a function and S3, and the upper ends of the ranges. Nothing was timed on AWS.
      Cost: US dollars in us-east-1, November 2026, without logs, cold starts and what files cost that are kept.
      Limits: a stack with the default ceilings and chooseMemory. On AWS the run's estimate.json has the stack's own.
    "
  `);
});

test('a live workflow: its requests', () => {
  const workflow = {
    ...{ endpoint: 'https://agent.example', dataset: { bucket: 'traces', key: 'traces/rows.csv' }, reps: 4 },
  };
  const { source } = parseRequest({ run_id: 'r', source: { workflow } });
  if (!('workflow' in source)) throw new Error('It is of a workflow.');
  expect(estimateTable('asked', estimateWorkflow(1000, source.workflow))).toMatchInlineSnapshot(`
    "An estimate of run asked. Nothing was started, uploaded or written.

    examples  4,000, in 400 batches
    requests  4,000 to 16,000
    time      at most 166 h 40 min until the last answer

    What the estimate rests on
      Requests: one for each example and repetition; at most with every retry.
      Shards, pairs and cost: not known before the workflow has answered.
    "
  `);
});

test('a name of a key that a terminal would obey is one line of plain text', () => {
  const odd = { ...cut(1), largest: { bytes: 1e12, fix: 'several objects in place of \u001b[2Jx\n.json' } };
  expect(estimateTable('r', estimateRun(REQUEST, odd, sample(), BOUNDS))).toContain('\\u001b[2Jx\\u000a.json');
});

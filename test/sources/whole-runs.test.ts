import { globSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Trajectory } from '../../lib/contract/trajectory.ts';
import { memoryStore } from '../support/memory-store.ts';
import type { RunResult } from '../support/run.ts';
import { storePath } from '../support/stored-folder.ts';
import { archiveOf } from '../support/zip-archive.ts';
import { golden, readExpected } from './formats/expected.ts';
import { readLines } from './formats/read-lines.ts';
import { expectPairs, writePair } from './run-pairs.ts';
import { runSource } from './run-source.ts';

/** A sample, and what its own expected file calls the record of a pair's chosen answer, where that is not its id. */
interface Sample {
  readonly path: string;
  /** Undefined: the source has none of its own, and a run must name one. */
  readonly defaultScore?: string;
  readonly nameOf?: (trajectory: Trajectory) => string;
}

const SAMPLES: readonly Sample[] = [
  { path: 'inspect/react.json' },
  { path: 'inspect/zstd.eval' },
  { path: 'inspect/odd.eval' },
  { path: 'inspect/odd-chunked.eval' },
  { path: 'verifiers/v0-complete', defaultScore: 'reward', nameOf: byLine('verifiers/v0-complete/', 'L') },
  { path: 'verifiers/v0-odd', defaultScore: 'reward', nameOf: byLine('verifiers/v0-odd/', 'L') },
  { path: 'verifiers/v1', defaultScore: 'reward', nameOf: byTrace('verifiers/v1/traces.jsonl') },
  { path: 'verifiers/v1-odd', defaultScore: 'reward', nameOf: byTrace('verifiers/v1-odd/traces.jsonl') },
  { path: 'nemo_gym/run', defaultScore: 'reward', nameOf: byLine('nemo_gym/run/', 'rollouts.jsonl:') },
  {
    path: 'nemo_gym/odd',
    defaultScore: 'reward',
    nameOf: ({ metadata }) => metadata.lineage.chosen_uuid?.split(':')[1] ?? '',
  },
  { path: 'harbor/store-job-agents', defaultScore: 'reward' },
  { path: 'harbor/odd-job', defaultScore: 'reward' },
  { path: 'langfuse/jsonl' },
  { path: 'otel/span' },
  { path: 'scored_lists/openrlhf/rm.jsonl', defaultScore: 'reward', nameOf: byLine('scored_lists/openrlhf/', 'R') },
  {
    path: 'scored_lists/ultrafeedback/train.parquet',
    defaultScore: 'overall_score',
    nameOf: ({ metadata: { lineage, chosen_index } }) => `${lineage.row}.${chosen_index}`,
  },
  { path: 'verl/v1', defaultScore: 'score', nameOf: byLine('verl/v1/', '3.jsonl:') },
];

const UNITS = ['final', 'trajectory'] as const;

describe.each(SAMPLES)('$path, in a whole run that is not told its format', ({ path, nameOf }) => {
  const expected = readExpected(path);

  test.each(Object.keys(expected.views).flatMap((score) => UNITS.map((unit) => ({ score, unit }))))(
    'gives exactly the pairs by $score, unit $unit',
    async ({ score, unit }) => {
      const traces = await storePath(golden(path));
      const { groups } = await runSource(traces, { source: { score }, builder: { unit } });
      expectPairs(groups, expected, { score, unit }, nameOf);
    },
  );
});

test.each(SAMPLES.filter(({ defaultScore }) => defaultScore !== undefined))(
  '$path: a run that names no score takes $defaultScore, and the final answers',
  async ({ path, defaultScore = '', nameOf }) => {
    const { groups } = await runSource(await storePath(golden(path)));
    expectPairs(groups, readExpected(path), { score: defaultScore, unit: 'final' }, nameOf);
  },
);

test.each(SAMPLES.filter(({ defaultScore }) => defaultScore === undefined))(
  '$path: a run that names no score asks for one, and lists those that there are',
  async ({ path }) => {
    const run = storePath(golden(path)).then((traces) => runSource(traces));
    await expect(run).rejects.toThrow(/source\.score/);
    for (const name of Object.keys(readExpected(path).views)) await expect(run).rejects.toThrow(`"${name}"`);
  },
);

test.each(['verifiers/v0-complete', 'verifiers/v1', 'nemo_gym/run', 'harbor/store-job-agents'])(
  '%s, packed as one archive, gives the pairs of the folder',
  async (path) => {
    const folder = await storePath(golden(path));
    const archive = memoryStore('traces');
    const entries = [...folder.objects].map(([name, text]) => ({ name: `run/${name}`, text }));
    await archive.create('run.zip', archiveOf(entries));
    const [packed, unpacked] = [await runSource(archive), await runSource(folder)];
    expect(packed.groups.length).toBeGreaterThan(0);
    const pairsOf = ({ groups }: RunResult) => groups.flatMap(({ trajectories }) => trajectories.map(writePair));
    expect(pairsOf(packed).toSorted()).toEqual(pairsOf(unpacked).toSorted());
  },
);

test('every sample with an expected file is in the list', () => {
  const found = globSync('**/*.expected.json', { cwd: golden('') }).map((path) => path.replace('.expected.json', ''));
  expect(found.toSorted()).toEqual(SAMPLES.map(({ path }) => path).toSorted());
});

/** The number of the line that the lineage's byte begins, after the prefix. */
function byLine(folder: string, prefix: string): NonNullable<Sample['nameOf']> {
  return ({ metadata: { lineage } }) => {
    const offsets = readLines(`${folder}${lineage.key}`).map(({ place }) => place.offset);
    return `${prefix}${offsets.indexOf(lineage.offset ?? -1) + 1}`;
  };
}

/** `L3.1`: the second trace of the episode in the third line. */
function byTrace(path: string): NonNullable<Sample['nameOf']> {
  const names = new Map(
    readLines(path).flatMap(({ record }, line) =>
      [...Object(record).traces].map(({ id }, at) => [id, `L${line + 1}.${at}`] as const),
    ),
  );
  return ({ metadata }) => names.get(metadata.lineage.chosen_uuid ?? '') ?? '';
}

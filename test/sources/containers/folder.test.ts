import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupByFolder } from '../../../lib/sources/containers/folder.ts';

const TRIAL = ['result.json', 'trial.log'];

test('a trial is the folder with all its files; what lies beside trials is left', () => {
  const keys = [
    'jobs/a/config.json',
    'jobs/a/job.log',
    'jobs/a/result.json',
    'jobs/a/t1/agent/trajectory.json',
    'jobs/a/t1/result.json',
    'jobs/a/t1/trial.log',
    'jobs/a/t10/result.json',
    'jobs/a/t10/trial.log',
    'jobs/a/t2/agent/trajectory.json',
  ];
  expect(groupByFolder(keys, TRIAL)).toEqual({
    units: [
      { folder: 'jobs/a/t1/', paths: ['agent/trajectory.json', 'result.json', 'trial.log'] },
      { folder: 'jobs/a/t10/', paths: ['result.json', 'trial.log'] },
    ],
    others: ['jobs/a/config.json', 'jobs/a/job.log', 'jobs/a/result.json', 'jobs/a/t2/agent/trajectory.json'],
  });
});

test('what a trial keeps of other trials is its own', () => {
  const keys = ['t/artifacts/u/result.json', 't/artifacts/u/trial.log', 't/result.json', 't/trial.log'];
  expect(groupByFolder(keys, TRIAL).units.map(({ folder }) => folder)).toEqual(['t/']);
  expect(groupByFolder(['result.json', 'trial.log', 'a/b'], TRIAL).units).toEqual([
    { folder: '', paths: ['result.json', 'trial.log', 'a/b'] },
  ]);
});

test('a required path may lie deeper, and a longer name is not that path', () => {
  const keys = ['x/agent/trajectory.json', 'x/result.json', 'y/my-result.json', 'y/agent/trajectory.json'];
  expect(groupByFolder(keys, ['agent/trajectory.json', 'result.json']).units.map(({ folder }) => folder)).toEqual([
    'x/',
  ]);
});

test('every key is in one unit or left, whatever the keys are', () => {
  const segment = fc.constantFrom('a', 'b', 'result.json', 'trial.log', '', '__proto__');
  const key = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/'));
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 40 }), (keys) => {
      const { units, others } = groupByFolder(keys, TRIAL);
      const grouped = units.flatMap(({ folder, paths }) => paths.map((path) => folder + path));
      expect([...grouped, ...others].toSorted()).toEqual(keys.toSorted());
      for (const { paths } of units) expect(paths).toEqual(expect.arrayContaining(TRIAL));
    }),
  );
});

test('a job of Harbor has a unit for each trial', () => {
  const trial = (name: string) =>
    ['agent/trajectory.json', 'artifacts/manifest.json', 'config.json', 'lock.json', 'result.json', 'trial.log']
      .concat('verifier/reward.txt', 'verifier/test-stdout.txt')
      .map((path) => `store-job/${name}/${path}`);
  const job = ['config.json', 'job.log', 'lock.json', 'result.json'].map((path) => `store-job/${path}`);
  const { units, others } = groupByFolder([...job, ...trial('planet__AKRsfxZ'), ...trial('planet__bHDgYZy')], TRIAL);
  expect(units.map(({ folder, paths }) => [folder, paths.length])).toEqual([
    ['store-job/planet__AKRsfxZ/', 8],
    ['store-job/planet__bHDgYZy/', 8],
  ]);
  expect(others).toEqual(job);
});

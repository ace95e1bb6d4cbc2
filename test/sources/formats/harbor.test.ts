import { describe, expect, test } from 'vitest';
import { harbor } from '../../../lib/sources/formats/harbor/harbor.ts';
import type { SourceCandidate } from '../../../lib/sources/source-candidate.ts';
import { expectSample, golden, readAll, readExpected } from './expected.ts';
import { folderEntries, joinRecords } from './read-entries.ts';

test.each(['harbor/store-job-agents', 'harbor/odd-job'])('the job %s gives exactly the right pairs', (path) => {
  const records = joinRecords(harbor, folderEntries(golden(path)));
  expect(harbor.detect({ records })).toBe('sure');
  const { named, rejected } = readAll(
    harbor,
    records.map((record) => ({ record })),
    (_record, _answer, { id }) => id ?? '',
  );
  expect(rejected).toEqual([]);
  expectSample(named, readExpected(path));
});

describe('entries of a folder', () => {
  test('a trial is its result and the trajectory beside it; what an agent left behind is no trial', () => {
    const names = [
      'job/result.json',
      'job/t1/result.json',
      'job/t1/agent/trajectory.json',
      'job/t1/agent/trajectory.cont-10.json',
      'job/t1/agent/trajectory.cont-2.json',
      'job/t1/agent/trajectory.summarization-1-summary.json',
      'job/t1/artifacts/logs/result.json',
      'job/t2/result.json',
      'job/t2/verifier/result.json',
      'job/t2/agent/other/trajectory.json',
    ];
    expect(harbor.joinEntries?.(names)).toEqual([
      { place: 'job/result.json', entries: { result: 'job/result.json' } },
      {
        place: 'job/t1/result.json',
        entries: {
          result: 'job/t1/result.json',
          trajectory: 'job/t1/agent/trajectory.json',
          continued: ['job/t1/agent/trajectory.cont-2.json', 'job/t1/agent/trajectory.cont-10.json'],
        },
      },
      { place: 'job/t2/result.json', entries: { result: 'job/t2/result.json' } },
    ]);
  });

  test('one trial may be all there is', () => {
    expect(harbor.joinEntries?.(['result.json', 'agent/trajectory.json', 'agent/result.json'])).toEqual([
      { place: 'result.json', entries: { result: 'result.json', trajectory: 'agent/trajectory.json' } },
    ]);
  });
});

describe('a trial', () => {
  const result = {
    task_name: 'store/lamp',
    trial_name: 'lamp__1',
    task_checksum: 'abc',
    verifier_result: { rewards: { reward: 1 } },
    exception_info: null,
  };
  const steps = [
    { source: 'user', message: 'How many?' },
    { source: 'agent', message: '14' },
  ];
  const read = (changes: object, trajectory: unknown = { steps }, continued?: readonly unknown[]): SourceCandidate =>
    Object(harbor.read({ result: { ...result, ...changes }, trajectory, ...(continued && { continued }) }))
      .candidates[0];
  const exception = (exception_type: string) => ({ exception_info: { exception_type } });

  test.each([
    ['AgentTimeoutError', undefined],
    ['SomethingOfTheAgent', undefined],
    ['ApiRateLimitError', 'invalid_reward'],
    ['VerifierTimeoutError', 'invalid_reward'],
  ])('of an older version that ended in %s has the loss %s', (type, reason) => {
    const { loss, flags } = read(exception(type));
    expect(loss?.reason).toBe(reason);
    expect(flags).toEqual([`exception:${type}`]);
  });

  test('of a version that says whether its reward is valid is believed', () => {
    expect(read({ ...exception('ApiRateLimitError'), reward_valid: true }).loss).toBeUndefined();
    expect(read({ reward_valid: false }).loss?.reason).toBe('invalid_reward');
  });

  test('has a reward of each name; the single one of an older file is called reward', () => {
    expect(read({ verifier_result: { rewards: { reward: 0.5, style: null } } }).scores).toEqual({
      reward: { value: 0.5 },
      style: { loss: { reason: 'missing_score', detail: 'style is null or NaN' } },
    });
    expect(read({ verifier_result: { reward: 1 } }).scores).toEqual({ reward: { value: 1 } });
    expect(read({ verifier_result: null }).scores).toEqual({});
  });

  test.each([
    ['no trajectory', {}, undefined, 'no_trajectory'],
    ['several steps', { step_results: [{}, {}] }, undefined, 'several_steps'],
    ['a trajectory without steps', {}, { steps: 'none' }, 'invalid_messages'],
    ['a step of nobody', {}, { steps: [{ source: 'dog', message: 'woof' }] }, 'invalid_messages'],
  ])('with %s is lost by name', (_, changes, trajectory, reason) => {
    const { candidates } = Object(
      harbor.read({ result: { ...result, ...changes }, ...(trajectory && { trajectory }) }),
    );
    expect(candidates[0].loss.reason).toBe(reason);
  });

  test('whose agent dropped its history goes on in the next file, without what that copies', () => {
    const next = {
      steps: [
        { ...steps[0], is_copied_context: true },
        { source: 'user', message: 'Go on.' },
        { source: 'agent', message: '15' },
      ],
    };
    const { conversation, flags } = read({}, { steps }, [next]);
    expect(conversation).toMatchObject({ trajectory: [{ content: '14' }, { content: 'Go on.' }, { content: '15' }] });
    expect(flags).toEqual(['continued:1']);
  });

  test('that begins with steps of another run, or fixed ones, has these in its prompt', () => {
    const before = [
      { source: 'agent', message: 'Earlier.', is_copied_context: true },
      { source: 'agent', message: 'clear', llm_call_count: 0, observation: { results: [{ content: '$' }] } },
    ];
    expect(read({}, { steps: [steps[0], ...before, steps[1]] }).conversation).toMatchObject({
      prompt: [{ role: 'user' }, { content: 'Earlier.' }, { content: 'clear' }, { role: 'user', content: '$' }],
      trajectory: [{ content: '14' }],
    });
  });
});

test('a job’s own result belongs to the source, and holds no candidate', () => {
  const job = { result: { n_total_trials: 4, stats: {} } };
  expect(harbor.read(job)).toEqual({ candidates: [] });
  expect(harbor.detect({ records: [job] })).toBe('no');
  expect(harbor.read({ result: { task_name: 'x' } })).toEqual({
    rejected: { reason: 'not_a_trial', detail: expect.any(String) },
  });
});

import { expect, test } from 'vitest';
import { InvalidRequest } from '../../lib/errors.ts';
import { chooseScore, pickScore } from '../../lib/sources/pick-score.ts';
import type { SourceCandidate } from '../../lib/sources/source-candidate.ts';

const verifiers = { name: 'verifiers', defaultScore: 'reward' };
const inspect = { name: 'inspect', defaultScore: undefined };

const candidate: SourceCandidate = {
  group: '0',
  turnId: '0',
  index: undefined,
  id: null,
  conversation: { kind: 'messages', prompt: [], trajectory: [] },
  scores: {
    reward: { value: 0.5 },
    style: { value: 2 },
    facts: { loss: { reason: 'unscored', detail: 'facts is NaN' } },
  },
  record: { metrics: { right: '0.75', 'a/b': 3, wrong: true }, list: [1, null] },
  tools: undefined,
  flags: [],
  loss: undefined,
  metadata: {},
};

test.each([
  ['reward', { value: 0.5 }],
  ['/metrics/right', { value: 0.75 }],
  ['/metrics/a~1b', { value: 3 }],
  ['/list/0', { value: 1 }],
  [{ reward: 2, style: -0.5, '/list/0': 1 }, { value: 1 }],
])('the score %j is %j', (choice, score) => {
  expect(pickScore(candidate, choice)).toEqual(score);
});

test.each([
  ['facts', 'unscored'],
  ['quality', 'missing_score'],
  ['toString', 'missing_score'],
  ['/metrics/missing', 'missing_score'],
  ['/list/1', 'missing_score'],
  ['/metrics/wrong', 'invalid_score'],
  ['/metrics', 'invalid_score'],
  [{ reward: 1, facts: 1 }, 'unscored'],
  [{ reward: 1, quality: 1 }, 'missing_score'],
  [{ reward: Number.MAX_VALUE, style: Number.MAX_VALUE }, 'score_not_finite'],
])('the score %j is lost as %s', (choice, reason) => {
  expect(pickScore(candidate, choice)).toEqual({ loss: { reason, detail: expect.any(String) } });
});

test('the request names the score, else the format does, else the only one is it', () => {
  expect(chooseScore('style', verifiers, ['reward', 'style'])).toBe('style');
  expect(chooseScore('/metrics/right', verifiers, ['reward'])).toBe('/metrics/right');
  expect(chooseScore({ style: 1 }, inspect, ['style', 'facts'])).toEqual({ style: 1 });
  expect(chooseScore(undefined, verifiers, ['style', 'reward'])).toBe('reward');
  // The first records may all have failed.
  expect(chooseScore(undefined, verifiers, [])).toBe('reward');
  expect(chooseScore('quality', inspect, [])).toBe('quality');
  expect(chooseScore(undefined, verifiers, ['score'])).toBe('score');
  expect(chooseScore(undefined, inspect, ['match'])).toBe('match');
});

test.each([
  [
    undefined,
    inspect,
    ['match', 'quality'],
    'inspect has no default score: name the one to compare answers by, as in --set source.score=match. The first records have "match", "quality".',
  ],
  [
    undefined,
    inspect,
    [],
    'inspect has no default score: name the one to compare answers by, in source.score. The first records have none.',
  ],
  [
    undefined,
    verifiers,
    ['style', 'facts'],
    'No candidate has the score "reward", the default of verifiers: name another, as in --set source.score=style. The first records have "style", "facts".',
  ],
  [
    'qualty',
    inspect,
    ['match', 'quality'],
    'No candidate has a score named "qualty" (source.score). The first records have "match", "quality".',
  ],
  [
    { match: 1, style: 1 },
    inspect,
    ['match'],
    'No candidate has a score named "style" (source.score). The first records have "match".',
  ],
])('asking for %j of %j with %j is an error that lists them', (asked, format, found, message) => {
  expect(() => chooseScore(asked, format, found)).toThrow(new InvalidRequest(message));
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BuilderSettings } from '../../lib/contract/builder.ts';
import { Limits } from '../../lib/contract/request.ts';
import { toUtf8 } from '../../lib/objects/utf8.ts';
import type { PlacedCandidate } from '../../lib/preferences/candidate.ts';
import { encodeTextPrompt, encodeTextResponse, encodeTools } from '../../lib/preferences/encoded-text.ts';
import { pairExample } from '../../lib/preferences/pair-example.ts';
import { countTurn, type PreferencePair } from '../../lib/preferences/pairs.ts';
import { allPairs } from './all-pairs.ts';

const TOOLS = [undefined, ['look'], ['find']];

const candidateOf = (score: number, { answer = `${score}`, prompt = 'q', tools = 0 } = {}): PlacedCandidate => ({
  turnId: '0',
  index: 0,
  score,
  prompt: encodeTextPrompt(toUtf8(JSON.stringify(prompt)), 'normal form'),
  response: encodeTextResponse(toUtf8(JSON.stringify(answer)), 'normal form'),
  tools: TOOLS[tools] && encodeTools(TOOLS[tools]),
  metadataJson: toUtf8('{}'),
  uuid: null,
  place: { key: 'a.jsonl', offset: 0 },
});

const scores = fc.oneof(
  fc.constantFrom(0, 1),
  fc.constantFrom(0, 0.1, 0.2, 0.3, 0.5, 1),
  fc.constantFrom(
    -0,
    0,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.MAX_VALUE / 2,
    Number.MIN_VALUE,
    1e16,
    1,
    2,
    1e16 + 2,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const candidate = fc
  .record({
    score: scores,
    answer: fc.constantFrom('a', 'b', 'c', 'd', 'a '),
    prompt: fc.constantFrom('q', 'q', 'q', 'p'),
    tools: fc.constantFrom(0, 0, 0, 1, 2),
  })
  .map(({ score, ...texts }) => candidateOf(score, texts));

const builder = fc
  .record({
    compatibility: fc.constantFrom('strict', 'nat'),
    exhaustive_pairs: fc.constantFrom(true, true, true, false),
    min_score_diff: fc.constantFrom(0, 0, 0.1, 0.3),
    max_pairs_per_turn: fc.constantFrom(null, 1, 2, 3, 7, 20),
  })
  .map((settings) => BuilderSettings.parse(settings));

test('the pairs of a turn are the first of all its pairs, sorted by margin and then by place, and all are counted', () => {
  fc.assert(
    fc.property(fc.array(candidate, { minLength: 2, maxLength: 14 }), builder, (candidates, settings) => {
      const { kept, counts } = allPairs(candidates, settings);
      const turn = countTurn(candidates, settings);
      expect(turn.makePairs()).toEqual(kept);
      expect(turn.counters).toMatchObject({ total_pairs: kept.length, total_candidates: candidates.length, ...counts });
    }),
    { numRuns: 2_000 },
  );
});

test.each([1, 10, 2_000])('of 1,500 candidates the %i widest pairs are kept, and the others counted', (most) => {
  const candidates = Array.from({ length: 1_500 }, (_, at) => candidateOf((at * 7919) % 1_500));
  const settings = BuilderSettings.parse({ max_pairs_per_turn: most });
  const paired = pairExample({ exampleId: 'e', rollouts: [rolloutOf(candidates)] }, settings, Limits.parse({}));
  expect(paired).toMatchObject({
    counters: { possible_pairs: 1_124_250, total_pairs: most, skipped_pair_limit: 1_124_250 - most },
  });
  if ('rejected' in paired) throw new Error(paired.rejected.detail);
  expect(paired.turns[0]?.map(scoresOf)).toEqual(allPairs(candidates, settings).kept.map(scoresOf));
});

// Twenty billion pairs, looked at one by one, take longer than a test may.
test('a turn whose pairs are mostly skipped is counted, and its few pairs found, without a look at the others', () => {
  const many = 200_000;
  const same = Array.from({ length: many }, (_, at) => candidateOf(at, { answer: 'same' }));
  const candidates = [...same, candidateOf(many / 2 + 0.5, { answer: 'other' })];
  const { counters, makePairs } = countTurn(candidates, BuilderSettings.parse({ max_pairs_per_turn: 3 }));
  expect(counters).toMatchObject({ skipped_identical: (many * (many - 1)) / 2, total_pairs: 3 });
  expect(makePairs().map(({ margin }) => margin)).toEqual([many / 2 + 0.5, many / 2 - 0.5, many / 2 - 1.5]);
});

const rolloutOf = (candidates: readonly PlacedCandidate[]) => ({
  place: { key: 'a.jsonl', offset: 0 },
  candidates,
  rejected: [],
});

const scoresOf = ({ chosen, rejected }: PreferencePair) => [chosen.score, rejected.score];

import { addCounts, type Counters } from '../lib/contract/counters.ts';
import type { Digest } from '../lib/preferences/digest.ts';
import { pairExample } from '../lib/preferences/pair-example.ts';
import type { PreferencePair } from '../lib/preferences/pairs.ts';
import { makeRollouts } from '../lib/stages/source/make-rollouts.ts';
import { identifyGroup, isRendered, nameExample, type PlacedScored } from '../lib/stages/source/scored-candidate.ts';
import type { Candidate } from './candidate.ts';
import type { Pair } from './pair.ts';
import { type InputRequest, requestFor, type Settings } from './settings.ts';
import { type LossOptions, tallyLosses } from './tally-losses.ts';

/** Preference pairs, example by example. */
export interface PairStream extends AsyncIterable<Pair> {
  /** What became of the candidates so far, with the names that a run's totals have: pairs, losses and ties by reason. */
  readonly counters: Counters;
}

/**
 * Pairs the candidates of each group, as `settings.builder` says. Candidates compete where they share their source's group,
 * or else prompt and tools.
 *
 * It holds one group at a time where the source keeps a group's candidates together: in one record, or in adjacent
 * candidate lines. Of other sources a group may go on anywhere, so it holds all candidates until their end, and yields the
 * groups in the order of their digests, whatever the order of the input.
 *
 * Throws {@link InvalidRequest} for wrong settings. Candidates that can be no side of a pair are losses.
 *
 * @example
 * ```js
 * const pairs = buildPairs(readCandidates(rows), { builder: { min_score_diff: 0.2 } });
 * for await (const { prompt, chosen, rejected } of pairs) console.log({ prompt, chosen, rejected });
 * console.log(pairs.counters.skipped_tie);
 * ```
 */
export function buildPairs(
  candidates: AsyncIterable<Candidate> | Iterable<Candidate>,
  settings: Settings = {},
  options: LossOptions = {},
): PairStream {
  const request = requestFor(settings);
  const losses = tallyLosses(request, options);
  return Object.assign(pairGroups(candidates, request, losses), { counters: losses.counters });
}

async function* pairGroups(
  candidates: AsyncIterable<Candidate> | Iterable<Candidate>,
  { builder, limits }: InputRequest,
  losses: ReturnType<typeof tallyLosses>,
): AsyncGenerator<Pair> {
  let example = 0;
  for await (const { group, unit } of groupsOf(candidates)) {
    const [first, ...others] = group;
    if (!first) continue;
    const exampleId = nameExample(first, others);
    const rollouts = makeRollouts(group, {
      unit: builder.unit ?? unit,
      dropTruncated: builder.drop_truncated,
      comparison: builder.compatibility === 'nat' ? 'as written' : 'normal form',
    });
    const paired = pairExample({ exampleId, rollouts }, builder, limits);
    if ('rejected' in paired) {
      for (const place of new Set(rollouts.map((one) => one.place))) {
        losses.loseItem(place, { ...paired.rejected, exampleId });
      }
      continue;
    }
    addCounts(losses.counters, paired.counters);
    for (const { place, rejected } of rollouts) {
      for (const loss of rejected) losses.loseCandidate(exampleId, place, loss);
    }
    if (paired.turns.length === 0) continue;
    const toPair = pairValues({ exampleId, example, rendered: group.some(isRendered) });
    for (const turn of paired.turns) for (const pair of turn) yield toPair(pair);
    example += 1;
  }
}

interface CandidateGroup extends Pick<Candidate, 'unit'> {
  readonly group: readonly PlacedScored[];
}

async function* groupsOf(candidates: AsyncIterable<Candidate> | Iterable<Candidate>): AsyncGenerator<CandidateGroup> {
  let together: Candidate[] = [];
  const scattered = new Map<Digest, Candidate[]>();
  for await (const candidate of candidates) {
    if (candidate.example === undefined) {
      const { digest } = identifyGroup({ candidate });
      const group = scattered.get(digest);
      if (group) group.push(candidate);
      else scattered.set(digest, [candidate]);
      continue;
    }
    const [first] = together;
    if (first && (first.example !== candidate.example || first.place.key !== candidate.place.key)) {
      yield toGroup(together);
      together = [];
    }
    together.push(candidate);
  }
  yield toGroup(together);
  for (const digest of [...scattered.keys()].sort()) {
    yield toGroup(scattered.get(digest) ?? []);
    scattered.delete(digest);
  }
}

const toGroup = (candidates: readonly Candidate[]): CandidateGroup => ({
  unit: candidates[0]?.unit ?? 'turn',
  group: candidates.map(({ score, place, unit: _, example: __, ...candidate }) => ({ score, place, candidate })),
});

const pairValues =
  (of: Pick<Pair, 'exampleId' | 'example' | 'rendered'>) =>
  ({ chosen, rejected, margin }: PreferencePair): Pair => ({
    ...of,
    turnId: chosen.turnId,
    prompt: chosen.prompt.value(),
    chosen: chosen.response.value(),
    rejected: rejected.response.value(),
    ...(chosen.tools && { tools: chosen.tools.value() }),
    ...{ margin, scoreChosen: chosen.score, scoreRejected: rejected.score },
    lineage: { ...chosen.place, chosen_uuid: chosen.uuid, rejected_uuid: rejected.uuid },
  });

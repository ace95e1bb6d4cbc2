import type { Request } from '../../contract/request.ts';
import { EMPTY_STRETCH } from '../../estimate/sample.ts';
import { pairExample, type Rollout } from '../../preferences/pair-example.ts';
import { GROUP_CLOSING, openGroupText, trajectoryWriter } from '../../preferences/trajectory-text.ts';
import { makeRollouts, type RolloutSettings } from '../source/make-rollouts.ts';
import { nameExample, type PlacedScored } from '../source/scored-candidate.ts';
import type { Made } from './gauge-slices.ts';

/** What the run makes of one example, as BuildShard does. */
export function pairSampled(
  { run_id: runId, builder, limits }: Request,
  exampleId: string,
  rollouts: readonly Rollout[],
): Made {
  const paired = pairExample({ exampleId, rollouts }, builder, limits);
  if ('rejected' in paired) return EMPTY_STRETCH;
  const { total_candidates, total_turns, total_examples, total_pairs } = paired.counters;
  const write = trajectoryWriter({ runId, exampleId }, builder);
  const lines = paired.turns.flat().map((pair) => write(pair).json.length);
  const around = openGroupText({ runId, exampleId }).length + GROUP_CLOSING.length + lines.length - 1;
  return {
    candidates: total_candidates,
    turns: total_turns,
    examples: total_examples,
    pairs: total_pairs,
    collectionBytes: lines.length === 0 ? 0 : lines.reduce((sum, bytes) => sum + bytes, around),
  };
}

/** The same of a group of candidates. */
export function pairSampledGroup(request: Request, group: readonly PlacedScored[], settings: RolloutSettings): Made {
  const [first, ...others] = group;
  if (!first) return EMPTY_STRETCH;
  return pairSampled(request, nameExample(first, others), makeRollouts(group, settings));
}

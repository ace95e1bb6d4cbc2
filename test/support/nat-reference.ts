import type { Trajectory } from '../../lib/contract/trajectory.ts';

/**
 * NAT's rules 1 to 10 over parsed items, as directly as they are written: no shards, no streaming, nothing shared with
 * the code under test. Ids are text, integers or booleans; scores are numbers.
 */
interface Item {
  id: unknown;
  intermediate_steps: { payload: Payload }[];
}
interface Scored {
  score: number;
  output: unknown;
}
interface Payload {
  event_type: string;
  name: string;
  data: { turn_id: string | null; score: number | null; output: unknown };
}

export function natReference(items: readonly Item[], stepName = 'dpo_candidate_move') {
  const byId = new Map<unknown, { text: string; item: Item }>();
  for (const item of items) {
    const key = typeof item.id === 'boolean' ? Number(item.id) : item.id;
    byId.set(key, { text: byId.get(key)?.text ?? String(item.id), item });
  }
  const turns = new Map<string, { exampleId: string; turnId: string; candidates: Scored[] }>();
  for (const { text, item } of byId.values()) {
    for (const { payload } of item.intermediate_steps) {
      if (payload.event_type !== 'TTC_END' || payload.name !== stepName || typeof payload.data?.turn_id !== 'string')
        continue;
      const { turn_id: turnId, score, output } = payload.data;
      if (typeof score !== 'number') continue;
      const key = JSON.stringify([text, turnId]);
      const turn = turns.get(key) ?? { exampleId: text, turnId, candidates: [] };
      turn.candidates.push({ score, output: output ?? '' });
      turns.set(key, turn);
    }
  }
  const groups = new Map<string, unknown[]>();
  let candidates = 0;
  for (const { exampleId, turnId, candidates: turn } of turns.values()) {
    candidates += turn.length;
    const ranked = [...turn].sort((a, b) => b.score - a.score);
    const pairs = ranked.flatMap((chosen, i) =>
      ranked.slice(i + 1).map((rejected) => ({ chosen, rejected, diff: chosen.score - rejected.score })),
    );
    pairs.sort((a, b) => b.diff - a.diff);
    for (const { chosen, rejected, diff } of pairs) {
      const group = groups.get(exampleId) ?? [];
      groups.set(exampleId, group);
      group.push([turnId, chosen.output, rejected.output, diff]);
    }
  }
  return {
    candidates,
    turns: turns.size,
    groups: [...groups].map(([exampleId, trajectories]) => ({ exampleId, trajectories })),
  };
}

/** A group in the reference's form. */
export const inShort = ({ example_id, trajectories }: { example_id: string; trajectories: readonly Trajectory[] }) => ({
  exampleId: example_id,
  trajectories: trajectories.map(({ episode: [step], metadata: { turn_id, score_diff } }) => [
    turn_id,
    step.chosen_response,
    step.rejected_response,
    score_diff,
  ]),
});

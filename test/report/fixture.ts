import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { noCounts } from '../../lib/contract/counters.ts';
import { Request } from '../../lib/contract/request.ts';
import { Group, Trajectory } from '../../lib/contract/trajectory.ts';
import { ReportInput } from '../../lib/report/input.ts';
import { reportSample } from '../../lib/report/sample.ts';

const Golden = z.object({
  trajectories: z.array(
    z.array(
      z.looseObject({
        metadata: z.looseObject({
          example_id: z.string(),
          turn_id: z.string(),
          chosen_index: z.number(),
          rejected_index: z.number(),
        }),
      }),
    ),
  ),
});

/** NAT's own four games of tic-tac-toe, with the lineage that this pipeline adds. */
export function ticTacToe(): Group[] {
  const golden = readFileSync(new URL('../golden/nat/expected.0.json', import.meta.url), 'utf8');
  return Golden.parse(JSON.parse(golden)).trajectories.map((trajectories, game) =>
    Group.parse({
      run_id: 'tic-tac-toe',
      example_id: trajectories[0]?.metadata.example_id,
      trajectories: trajectories.map((trajectory) => ({
        ...trajectory,
        metadata: {
          ...trajectory.metadata,
          lineage: {
            key: 'traces/workflow_output.json',
            offset: 4 + game * 91_000,
            chosen_uuid: `${trajectory.metadata.turn_id}-${trajectory.metadata.chosen_index}`,
            rejected_uuid: `${trajectory.metadata.turn_id}-${trajectory.metadata.rejected_index}`,
          },
        },
      })),
    }),
  );
}

export type PairParts = {
  readonly example?: string;
  readonly turn?: string;
  readonly prompt?: Trajectory['episode'][0]['prompt'];
  readonly chosen: string;
  readonly rejected: string;
  readonly margin?: number;
  readonly key?: string;
  readonly offset?: number;
};

export function trajectoryOf(parts: PairParts): Trajectory {
  const { example = 'example', turn = 'turn', prompt = 'Which?', chosen, rejected, margin = 0.5 } = parts;
  return Trajectory.parse({
    episode: [{ prompt, chosen_response: chosen, rejected_response: rejected }],
    reward: margin,
    shaped_rewards: null,
    metadata: {
      dpo_type: 'preference_pair',
      score_diff: margin,
      example_id: example,
      turn_id: turn,
      chosen_score: margin,
      rejected_score: 0,
      chosen_index: 0,
      rejected_index: 1,
      lineage: { key: parts.key ?? 'traces.jsonl', offset: parts.offset ?? 0, chosen_uuid: 'a', rejected_uuid: 'b' },
    },
  });
}

/** A group of one pair for each of `parts`, each in a turn of its own. */
export const groupOf = (example: string, parts: readonly PairParts[]): Group => ({
  run_id: 'run',
  example_id: example,
  trajectories: parts.map((part, index) => trajectoryOf({ example, turn: `turn-${index}`, ...part })),
});

/** A report's input over `groups`, with totals that fit them and reconcile. */
export function reportOf(groups: readonly Group[], changes: Partial<ReportInput> = {}): ReportInput {
  const sampler = reportSample();
  for (const group of groups) sampler.add(group);
  const sample = sampler.sample();
  const turns = sample.turns_by_candidates.reduce((sum, { turns: some }) => sum + some, 0);
  const candidates = sample.turns_by_candidates.reduce((sum, size) => sum + size.turns * size.candidates, 0);
  return ReportInput.parse({
    run_id: 'tic-tac-toe',
    code_version: '0.1.0',
    request: Request.parse({
      run_id: 'tic-tac-toe',
      source: { traces: { bucket: 'traces', key: 'workflow_output.json' } },
    }),
    inputs: [{ bucket: 'traces', key: 'workflow_output.json', version: 'v-1', etag: '"e"', bytes: 364_000 }],
    totals: {
      ...noCounts(),
      total_examples: groups.length,
      total_turns: turns,
      total_candidates: candidates,
      total_pairs: sample.pairs,
      total_trajectories: sample.pairs,
      total_items: groups.length + 1,
      items_without_candidates: 1,
      matching_steps: candidates + 3,
      rejected_candidates: { empty_response: 2, score_missing: 1 },
      possible_pairs: sample.pairs + 5,
      skipped_tie: 4,
      skipped_identical: 1,
      bytes: 363_996,
    },
    started_at: '2026-01-02T03:04:05.678Z',
    shards: [
      { ordinal: 0, seconds: 0.41, items: 3, pairs: 90, bytes: 200_000 },
      { ordinal: 1, seconds: 0.29, items: 2, pairs: 60, bytes: 163_996 },
    ],
    warnings: [],
    files: [
      { path: 'collection.jsonl', bytes: 210_000, lines: groups.length },
      { path: 'datasets/nemo_customizer/training/training_file.jsonl', bytes: 80_000, lines: 120 },
    ],
    sample,
    ...changes,
  });
}

/** Text that tries to get out of wherever it stands. */
export const HOSTILE = [
  '</script><script>window.hacked = 1</script>',
  '<!--<script>',
  '<img src=x onerror="window.hacked = 1">',
  `"'><svg onload=window.hacked=1>`,
  '{{constructor.constructor("window.hacked=1")()}}',
  'line\u2028paragraph\u2029nul\0lone\ud800bidi\u202Eend\u202C',
  ']]></style><a href="javascript:window.hacked=1">click</a>&lt;b&gt;',
] as const;

/** Every text of a run that comes from outside, hostile. */
export function hostileReport(): ReportInput {
  const groups = HOSTILE.map((text, index) =>
    groupOf(text, [
      {
        turn: text,
        prompt: [
          { role: text, content: text },
          { role: 'user', content: [{ type: 'text', text }], name: text },
        ],
        chosen: `${text} better ${text}`,
        rejected: `${text} worse ${text}`,
        margin: index / 10,
        key: text,
        offset: index,
      },
    ]),
  );
  const [first] = HOSTILE;
  return reportOf(groups, {
    run_id: first,
    code_version: first,
    inputs: HOSTILE.map((text) => ({ bucket: text, key: text, version: text, etag: text, bytes: 1 })),
    warnings: [...HOSTILE],
    files: HOSTILE.map((text) => ({ path: text.toWellFormed(), bytes: 1, lines: null })),
  });
}

import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { noCounts } from '../../lib/contract/counters.ts';
import { Request } from '../../lib/contract/request.ts';
import { Group, Trajectory } from '../../lib/contract/trajectory.ts';
import { toUtf8 } from '../../lib/objects/utf8.ts';
import { positionOf } from '../../lib/preferences/candidate-place.ts';
import { ReportInput, ReportSample } from '../../lib/report/input.ts';
import { mergeSamples } from '../../lib/report/merge-samples.ts';
import type { GroupCandidate, GroupPair, PairedGroup } from '../../lib/report/paired-group.ts';
import { openShardSample, ShardSample } from '../../lib/report/shard-sample.ts';
import { parseShownPairs } from '../../lib/report/shown-pair.ts';

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

/** A group of the collection as it was in memory before it was written. */
export function pairedGroup({ example_id, trajectories }: Group): PairedGroup {
  const turns = new Map<string, { pairs: GroupPair[]; candidateOf: ReturnType<typeof candidateReader> }>();
  for (const trajectory of trajectories) {
    const { lineage, turn_id, score_diff, num_candidates } = trajectory.metadata;
    const name = `${positionOf(lineage)} ${turn_id}`;
    const turn = turns.get(name) ?? { pairs: [], candidateOf: candidateReader() };
    turns.set(name, turn);
    turn.pairs.push({
      chosen: turn.candidateOf(trajectory, 'chosen'),
      rejected: turn.candidateOf(trajectory, 'rejected'),
      margin: score_diff,
      among: num_candidates ?? 0,
    });
  }
  return { exampleId: example_id, turns: [...turns.values()].map(({ pairs }) => pairs) };
}

/** One object for each candidate, in however many pairs it is. */
function candidateReader() {
  const known = new Map<string, GroupCandidate>();
  return ({ episode: [step], metadata }: Trajectory, side: 'chosen' | 'rejected'): GroupCandidate => {
    const [index, uuid] = [metadata[`${side}_index`], metadata.lineage[`${side}_uuid`]];
    const name = `${index} ${uuid}`;
    const candidate = known.get(name) ?? {
      turnId: metadata.turn_id,
      index,
      score: metadata[`${side}_score`],
      uuid,
      place: { key: metadata.lineage.key, offset: positionOf(metadata.lineage) },
      prompt: { json: toUtf8(JSON.stringify(step.prompt)), value: () => step.prompt },
      tools: metadata.tools && { json: toUtf8(JSON.stringify(metadata.tools)) },
      response: { value: () => step[`${side}_response`] },
    };
    known.set(name, candidate);
    return candidate;
  };
}

const EXHAUSTIVE = { exhaustive_pairs: true, reward_from_score_diff: true };

/** What the report shows of a run with these shards, read back from what each shard stores. */
export async function sampleOf(
  shards: readonly (readonly Group[])[],
  { builder = EXHAUSTIVE, read = (_ordinal: number, _bytes: number): void => {} } = {},
): Promise<ReportSample> {
  const stored = shards.map((groups) => {
    const sampler = openShardSample(builder);
    for (const group of groups) sampler.addGroup(pairedGroup(group));
    const { sample, lines } = sampler.end();
    return { sample: JSON.stringify(sample), lines: Buffer.from(lines.join(''), 'latin1') };
  });
  let first = 0;
  const samples = stored.map(({ sample: json }, ordinal) => {
    const shard = { ordinal, first, sample: ShardSample.parse(JSON.parse(json)) };
    first += shard.sample.pairs;
    return shard;
  });
  const merged = await mergeSamples(samples, async (ordinal, { start, end }) => {
    read(ordinal, end - start);
    return parseShownPairs(stored[ordinal]?.lines.toString('utf8', start, end) ?? '');
  });
  return ReportSample.parse(merged);
}

/** A report's input over `groups`, with totals that fit them and reconcile. */
export async function reportOf(groups: readonly Group[], changes: Partial<ReportInput> = {}): Promise<ReportInput> {
  const sample = await sampleOf([groups]);
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
export function hostileReport(): Promise<ReportInput> {
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

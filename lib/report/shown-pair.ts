import * as z from 'zod';
import type { Prompt, Response, Trajectory } from '../contract/trajectory.ts';
import { lengthOf, preferResponse } from '../datasets/preference.ts';
import { fromUtf8, toUtf8, type Utf8, utf8 } from '../objects/utf8.ts';
import { shortId } from './excerpt.ts';
import { type PairNotes, ShownPair } from './input.ts';
import type { GroupPair, PairedGroup } from './paired-group.ts';
import { nameTools, showPrompt, showResponse } from './show-messages.ts';

/**
 * A pair before its excerpts are made. It holds no group and no candidate: those keep more in memory than what is
 * shown.
 */
export interface UnwrittenPair {
  readonly shown: Omit<ShownPair, keyof ReturnType<typeof showTexts>>;
  readonly prompt: GroupPair['chosen']['prompt'];
  readonly tools: GroupPair['chosen']['tools'];
  readonly chosen: GroupPair['chosen']['response'];
  readonly rejected: GroupPair['rejected']['response'];
}

export const describePair = (
  { exampleId }: Pick<PairedGroup, 'exampleId'>,
  { chosen, rejected, margin }: GroupPair,
  reward: number,
  notes: PairNotes,
): UnwrittenPair => ({
  shown: {
    example_id: shortId(exampleId),
    turn_id: shortId(chosen.turnId),
    margin,
    reward,
    chosen_score: chosen.score,
    rejected_score: rejected.score,
    chosen_index: chosen.index,
    rejected_index: rejected.index,
    ...notes,
    lineage: {
      ...chosen.place,
      chosen_uuid: shortUuid(chosen.uuid),
      rejected_uuid: shortUuid(rejected.uuid),
    },
  },
  prompt: chosen.prompt,
  tools: chosen.tools,
  chosen: chosen.response,
  rejected: rejected.response,
});

const shortUuid = (uuid: string | null): string | null => uuid && shortId(uuid);

/** A line of `sampled-pairs.jsonl`. */
export function writeShownPair({ shown, prompt, tools, chosen, rejected }: UnwrittenPair): Utf8 {
  const offered = tools && z.array(z.unknown()).parse(JSON.parse(fromUtf8(tools.json)));
  const texts = showTexts(prompt.value(), offered, { chosen: chosen.value(), rejected: rejected.value() });
  const pair: ShownPair = { ...shown, ...texts };
  return utf8`${toUtf8(JSON.stringify(pair))}\n`;
}

/** The pairs of whole lines that {@link writeShownPair} wrote. */
export const parseShownPairs = (lines: string): ShownPair[] =>
  lines
    .trimEnd()
    .split('\n')
    .map((line) => ShownPair.parse(JSON.parse(line)));

/** A pair of the collection. */
export function showTrajectory({ episode: [step], reward, metadata }: Trajectory, notes: PairNotes): ShownPair {
  const { score_diff: margin, chosen_score, rejected_score, chosen_index, rejected_index, tools, lineage } = metadata;
  const { chosen_uuid, rejected_uuid } = lineage;
  return {
    example_id: shortId(metadata.example_id),
    turn_id: shortId(metadata.turn_id),
    ...{ margin, reward, chosen_score, rejected_score, chosen_index, rejected_index, ...notes },
    lineage: { ...lineage, chosen_uuid: shortUuid(chosen_uuid), rejected_uuid: shortUuid(rejected_uuid) },
    ...showTexts(step.prompt, tools, { chosen: step.chosen_response, rejected: step.rejected_response }),
  };
}

/** What a pair shows of its texts. */
function showTexts(
  prompt: Prompt,
  tools: readonly unknown[] | undefined,
  { chosen, rejected }: Readonly<Record<'chosen' | 'rejected', Response>>,
) {
  return {
    ...showPrompt(prompt),
    tools: tools ? nameTools(tools) : [],
    chosen: [...showResponse(chosen)],
    rejected: [...showResponse(rejected)],
    chosen_length: responseLength(chosen),
    rejected_length: responseLength(rejected),
  };
}

/** As the datasets' facts count it. */
export const responseLength = (response: Response): number => lengthOf(preferResponse(response));

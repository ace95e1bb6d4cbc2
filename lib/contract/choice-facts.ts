import * as z from 'zod';
import { FormatName } from './dataset.ts';
import { DropReason, FormatChoice, LeftOutReason, View, ViewOutcome } from './dataset-result.ts';
import { RunId } from './run-id.ts';

/** Pairs of each reason that the report shows: enough to see what the reason means. */
export const MOST_LEFT_OUT_PAIRS = 4;

/** `choice/facts.json`: what was chosen of a run's pairs. Made once, when each shard's decisions are stored. */
export const ChoiceFacts = z.strictObject({
  run_id: RunId,
  /** Pairs chosen among. */
  pairs: z.int().min(0),
  /** The prompts have a chat template in them already, so formats with `dataset.prompt_style` keep them as text. */
  rendered: z.boolean(),
  views: z.partialRecord(View, ViewOutcome),
  formats: z.partialRecord(FormatName, FormatChoice),
  /** A few of the pairs left out, by reason: their places in the collection, from 0. */
  left_out_pairs: z
    .partialRecord(
      z.enum([...DropReason.options, ...LeftOutReason.options]),
      z.array(z.int().min(0)).max(MOST_LEFT_OUT_PAIRS),
    )
    .default({}),
  /** CRC-32 of all shards' decisions, one after the other. */
  decisions_crc32: z.int().min(0),
  /** Keys of the first trace objects with a pair, and how many there are. */
  sources: z.array(z.string()),
  source_count: z.int().min(0),
});
export type ChoiceFacts = z.infer<typeof ChoiceFacts>;

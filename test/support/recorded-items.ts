import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { answers, type Reply } from './workflow-server.ts';

const Item = z.looseObject({
  id: z.number(),
  generated_answer: z.string(),
  intermediate_steps: z.array(
    z.looseObject({
      payload: z.looseObject({ event_type: z.string(), name: z.string().nullable(), UUID: z.string() }),
    }),
  ),
});
type Item = z.infer<typeof Item>;

/** The games that NAT recorded: `test/golden/nat/workflow_output.json`. */
export const recordedItems: readonly Item[] = Item.array().parse(
  JSON.parse(readFileSync(new URL('../golden/nat/workflow_output.json', import.meta.url), 'utf8')),
);

/** Answers as the workflow did when this item was recorded; without an item, with nothing. */
export const replay = (item: Item | undefined): Reply =>
  answers(item?.generated_answer ?? '', item?.intermediate_steps);

import type * as z from 'zod';
import { BuilderSettings } from '../lib/contract/builder.ts';
import { Limits } from '../lib/contract/request.ts';
import { Group } from '../lib/contract/trajectory.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { fromUtf8, type Utf8, utf8 } from '../lib/objects/utf8.ts';
import { pairExample } from '../lib/preferences/pair-example.ts';
import { GROUP_CLOSING, openGroupText, trajectoryWriter } from '../lib/preferences/trajectory-text.ts';
import { asTraceItem } from '../lib/sources/formats/nat/nat-item.ts';
import { natNames } from '../lib/sources/formats/nat/nat-names.ts';
import { readObject } from '../lib/sources/formats/nat/trace-item.ts';
import { isObject } from '../lib/sources/json/exact-json.ts';
import { RUN_ID } from './settings.ts';
import { type LossOptions, tallyLosses } from './tally-losses.ts';

export interface BuildOptions extends LossOptions {
  /** As in a request's `builder` block; what is left out has its default. */
  readonly builder?: z.input<typeof BuilderSettings>;
  /** `run_id` of the groups. Default: "in-memory". */
  readonly runId?: string;
  /** Where the items come from: `lineage.key` of the trajectories. Default: "items". */
  readonly key?: string;
}

/**
 * The groups of trace items, an item at a time and in their order: what a line of `collection.jsonl` holds, parsed.
 *
 * An item is an element of NAT's `workflow_output.json`: an object with `id` and `intermediate_steps`. Scores and
 * margins are in the scorer's own unit. `lineage.offset` is the item's number, from 0: in memory there are no bytes.
 * An item without a pair gives no group; items that share an id give a group each.
 *
 * Throws {@link InvalidRequest} where `options.builder` is wrong, and whatever the iterable throws. An item that cannot
 * be read is no error: see `onRejected`.
 */
export async function* buildTrajectories(
  items: AsyncIterable<unknown> | Iterable<unknown>,
  options: BuildOptions = {},
): AsyncGenerator<Group> {
  const settings = settingsOf(options.builder);
  const { runId = RUN_ID, key = 'items' } = options;
  const losses = tallyLosses({ run_id: runId, limits: LIMITS }, options);
  let offset = -1;
  for await (const value of items) {
    offset += 1;
    const place = { key, offset };
    const read = isObject(value)
      ? readObject(value, natNames(settings.ttc_step_name))
      : { rejected: { reason: 'not_an_object', detail: 'it is not an object' } };
    if ('rejected' in read) {
      losses.loseItem(place, { ...read.rejected, exampleId: null });
      continue;
    }
    const exampleId = read.item.id.text;
    const { candidates, rejected } = asTraceItem(read.item).read(settings.compatibility);
    const paired = pairExample({ exampleId, rollouts: [{ candidates, rejected, place }] }, settings, LIMITS);
    if ('rejected' in paired) {
      losses.loseItem(place, { ...paired.rejected, exampleId });
      continue;
    }
    for (const loss of rejected) losses.loseCandidate(exampleId, place, loss);
    if (paired.turns.length === 0) continue;
    const origin = { runId, exampleId };
    const write = trajectoryWriter(origin, settings);
    const trajectories = paired.turns.flatMap((turn) => turn.map((pair) => write(pair).json)).join(',');
    yield Group.parse(JSON.parse(fromUtf8(utf8`${openGroupText(origin)}${trajectories as Utf8}${GROUP_CLOSING}`)));
  }
}

/** Those that a request has by default. */
const LIMITS = Limits.parse({});

function settingsOf(builder: BuildOptions['builder'] = {}): BuilderSettings {
  const parsed = BuilderSettings.safeParse(builder);
  if (parsed.success) return parsed.data;
  const told = parsed.error.issues.map(({ path, message }) => `builder.${path.join('.')}: ${message}`);
  throw new InvalidRequest(told.join('; '), { cause: parsed.error });
}

import * as z from 'zod';
import type { Bucket } from '../../contract/plan.ts';
import type { Request } from '../../contract/request.ts';
import type { RunSource } from '../../contract/run-source.ts';
import { CorruptObject } from '../../errors.ts';
import { hasLongInteger, parseExactly } from '../../sources/json/exact-json.ts';
import { someBetweenStrings } from '../../sources/json/json-strings.ts';
import { MAX_ITEM_BYTES } from '../../sources/record.ts';
import type { Deps } from '../deps.ts';
import { findRegions, type Region, readRegion } from '../source/grouped-part.ts';
import { makeRollouts } from '../source/make-rollouts.ts';
import { identifyGroup, isRendered, type PlacedScored } from '../source/scored-candidate.ts';
import type { OpenShard } from './open-shard.ts';

export interface BucketJob {
  readonly request: Request;
  readonly source: RunSource;
  /** The shard's own number. */
  readonly number: number;
  readonly bucket: Bucket;
}

/**
 * Builds the groups of a bucket, in the order of their digests; a group's candidates are in the order of their records. It
 * holds at most HELD_BYTES of them at a time: a bucket with more is read several times.
 */
export async function buildBucket(
  { request, source, number, bucket }: BucketJob,
  shard: OpenShard,
  deps: Deps,
): Promise<void> {
  const regions = await findRegions(deps.collections, request.run_id, { bucket: number, ...bucket });
  const settings = { unit: source.unit, dropTruncated: request.builder.drop_truncated };
  for (const wanted of await planReadings(regions, deps)) {
    const groups = await readGroups(regions, wanted, deps);
    for (const digest of [...groups.keys()].sort()) {
      const group = (groups.get(digest) ?? []).map(parseCandidate);
      groups.delete(digest);
      const [first] = group;
      if (!first) continue;
      const { exampleId } = identifyGroup(first);
      if (wanted.tooLarge.has(digest)) {
        for (const { place } of group) await shard.loseItem(place, { ...TOO_LARGE, exampleId });
      } else {
        if (group.some(isRendered)) shard.noteRendered();
        await shard.addExample({ runId: request.run_id, exampleId }, 0, makeRollouts(group, settings));
      }
    }
  }
}

/** Which groups are read together: those from one digest to before another. */
interface Reading {
  readonly from: string;
  /** Undefined: to the end. */
  readonly to: string | undefined;
  /** Groups of more bytes than a record may have. */
  readonly tooLarge: ReadonlySet<string>;
}

/** 256 MiB of JSON, of which a Lambda of 1,769 MB holds several times as much. */
const HELD_BYTES = 2 ** 28;

const TOO_LARGE = {
  reason: 'too_large',
  detail: `the candidates of its group have more than ${MAX_ITEM_BYTES} bytes together; give each example a group of its own`,
} as const;

/** One reading of everything where it fits, as nearly always: then nothing is read twice. */
async function planReadings(regions: readonly Region[], deps: Deps): Promise<readonly Reading[]> {
  const bytes = regions.reduce((sum, { start, end }) => sum + end - start, 0);
  if (bytes <= MAX_ITEM_BYTES) return [{ from: '', to: undefined, tooLarge: new Set() }];
  const sizes = new Map<string, number>();
  for (const region of regions) {
    for await (const { group, json } of readRegion(deps.collections, region)) {
      sizes.set(group, (sizes.get(group) ?? 0) + json.length);
    }
  }
  const tooLarge = new Set([...sizes].filter(([, size]) => size > MAX_ITEM_BYTES).map(([group]) => group));
  const begins = [''];
  let held = 0;
  for (const group of [...sizes.keys()].sort()) {
    const size = Math.min(sizes.get(group) ?? 0, MAX_ITEM_BYTES);
    if (held > 0 && held + size > HELD_BYTES) {
      begins.push(group);
      held = 0;
    }
    held += size;
  }
  return begins.map((from, at) => ({ from, to: begins[at + 1], tooLarge }));
}

async function readGroups(
  regions: readonly Region[],
  { from, to, tooLarge }: Reading,
  deps: Deps,
): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>();
  for (const region of regions) {
    for await (const { group, json } of readRegion(deps.collections, region)) {
      if (group < from || (to !== undefined && group >= to)) continue;
      const kept = tooLarge.has(group) ? withoutTexts(json) : json;
      const together = groups.get(group);
      if (together) together.push(kept);
      else groups.set(group, [kept]);
    }
  }
  return groups;
}

/** All that a loss needs of a candidate. */
function withoutTexts(json: string): string {
  const { place, candidate, score } = parseCandidate(json);
  const conversation = { kind: 'text', prompt: '', response: '', rendered: false } as const;
  return JSON.stringify({ place, candidate: { ...candidate, conversation, metadata: {} }, score });
}

/** GroupCandidates wrote it. Numbers that a double cannot hold keep their digits. Throws {@link CorruptObject}. */
function parseCandidate(json: string): PlacedScored {
  try {
    return Written.parse(someBetweenStrings(json, hasLongInteger) ? parseExactly(json) : JSON.parse(json));
  } catch (cause) {
    const what = 'A grouped candidate of the run differs from what the pipeline writes';
    throw new CorruptObject(`${what}; start the run under another run id.`, { cause });
  }
}

const Written = z.custom<PlacedScored>((value) => typeof value === 'object' && value !== null && 'candidate' in value);

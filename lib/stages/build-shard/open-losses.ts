import { type Counters, noCounts } from '../../contract/counters.ts';
import { type IncompleteObject, noteIncomplete } from '../../contract/incomplete-object.ts';
import type { Summary } from '../../contract/summary.ts';
import type { Rejected } from '../../contract/trajectory.ts';
import { crc32 } from '../../objects/checksum.ts';
import { runKeys } from '../../objects/keys.ts';
import { type ObjectSink, openSink } from '../../objects/object-sink.ts';
import type { ObjectStore, Written } from '../../objects/store.ts';
import type { CandidatePlace } from '../../preferences/candidate-place.ts';
import { isIncomplete } from '../../sources/containers/container.ts';

/** Why a record holds no candidate. The detail never quotes the record. */
export interface RecordLoss {
  readonly reason: string;
  readonly detail: string;
  readonly exampleId: string | null;
}

/** What a task reads, as it is counted, and its `rejected.jsonl`. */
export interface Losses {
  readonly counters: Counters;
  countItem(span: { readonly bytes: number }): void;
  /** Notes the keys of a record that its format does not read. */
  countUnused(keys: readonly string[]): void;
  loseItem(place: CandidatePlace, why: RecordLoss): Promise<void>;
  write(line: Rejected): Promise<void>;
  close(): Promise<Pick<Summary, 'counters' | 'rejected' | 'first_rejected' | 'incomplete' | 'unused_keys'>>;
  abort(): Promise<void>;
}

export function openLosses(
  store: ObjectStore,
  { runId, ordinal }: { readonly runId: string; readonly ordinal: number },
): Losses {
  // Most tasks lose nothing, and have no such file.
  let sink: ObjectSink | undefined;
  let lines = 0;
  const counters = noCounts();
  const firstRejected: Summary['first_rejected'] = [];
  const incomplete: IncompleteObject[] = [];
  const unused = new Map<string, number>();

  const write = async (line: Rejected): Promise<void> => {
    lines += 1;
    sink ??= openSink(store, runKeys(runId).shard(ordinal).rejected);
    const { example_id, turn_id, candidate_uuid } = line;
    const ids = {
      ...{ example_id: shorten(example_id), turn_id: shorten(turn_id), candidate_uuid: shorten(candidate_uuid) },
    };
    const behind = sink.writeText(`${JSON.stringify({ ...line, ...ids })}\n`);
    if (behind) await behind;
  };
  return {
    counters,
    countItem({ bytes }) {
      counters.total_items += 1;
      counters.bytes += bytes;
    },
    countUnused(keys) {
      for (const key of keys) {
        const name = key.slice(0, LONGEST_KEY);
        if (unused.has(name) || unused.size < MOST_KEYS) unused.set(name, (unused.get(name) ?? 0) + 1);
      }
    },
    async loseItem(place, why) {
      counters.rejected_items[why.reason] = (counters.rejected_items[why.reason] ?? 0) + 1;
      if (firstRejected.length < 3) firstRejected.push({ ...place, reason: `${why.reason}: ${why.detail}` });
      const { reason, detail, exampleId: example_id } = why;
      if (isIncomplete(reason)) noteIncomplete(incomplete, { ...place, reason, detail });
      const of = { run_id: runId, kind: 'item', reason, detail } as const;
      await write({ ...of, ...place, example_id, turn_id: null, candidate_uuid: null });
    },
    write,
    async close() {
      const written = await sink?.close();
      return {
        counters,
        rejected: { ...(written === undefined || written === 'exists' ? NOTHING : written), lines },
        first_rejected: firstRejected,
        incomplete,
        unused_keys: [...unused].map(([key, records]) => ({ key, records })),
      };
    },
    abort: async () => sink?.abort(),
  };
}

/** A record may have a million losses, each of which names its ids: they must not repeat one of a megabyte. */
const shorten = (id: string | null): string | null =>
  id !== null && id.length > LONGEST_ID ? `${id.slice(0, LONGEST_ID)}…` : id;
const LONGEST_ID = 1_000;

/** What a part that was not written has. */
export const NOTHING: Written = { bytes: 0, crc32: crc32(new Uint8Array()) };

/** Keys are the input's: bounded in number and in length. */
const MOST_KEYS = 50;
const LONGEST_KEY = 80;

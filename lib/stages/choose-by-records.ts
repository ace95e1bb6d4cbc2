import type { Request } from '../contract/request.ts';
import type { RecordedStretch, StretchesChoice } from '../contract/stretch.ts';
import { type Choice, chooseAll } from '../datasets/choice.ts';
import { packDecisions } from '../datasets/decisions.ts';
import type { Digest } from '../datasets/digest.ts';
import { outcomeOf } from '../datasets/export.ts';
import type { ExportPlan } from '../datasets/export-plan.ts';
import type { GroupRecord, PairRecord } from '../datasets/group-record.ts';
import { readLedger } from '../datasets/ledger.ts';
import { readRecords } from '../datasets/record-bytes.ts';
import { CorruptObject } from '../errors.ts';
import { crc32 } from '../objects/checksum.ts';
import { runKeys } from '../objects/keys.ts';
import { inOneChunk, type ObjectStore } from '../objects/store.ts';
import { jsonText } from '../objects/stored-json.ts';
import type { Deps } from './deps.ts';
import { collectionRuns } from './workflow/collection-runs.ts';

/** Chooses by the records, as if all pairs were here, and leaves each stretch what it needs to know. */
export async function chooseByRecords(
  { run_id, dataset, source }: Request,
  plan: ExportPlan,
  recorded: readonly RecordedStretch[],
  { collections }: Deps,
): Promise<void> {
  const keys = runKeys(run_id).export;
  async function* records(): AsyncGenerator<GroupRecord> {
    for (const { ordinal, sources, crc32 } of recorded) {
      yield* readRecords(asRecorded(collections, keys.stretch(ordinal).records, crc32), sources, plan);
    }
  }
  const expected = recorded.reduce((sum, { pairs }) => sum + pairs, 0);
  const ledger = await readLedger(records(), plan, expected);
  const choices = chooseAll(ledger, plan, dataset);
  const runs = collectionRuns({ source });
  let pair = 0;
  for await (const record of records()) {
    runs.add({ example_id: record.exampleId, trajectories: record.pairs });
    pair = weigh(choices, record, pair);
  }
  const at = { firstPair: 0, firstGroup: 0 };
  for (const { ordinal, pairs, groups } of recorded) {
    await collections.write(
      keys.stretch(ordinal).decisions,
      inOneChunk(packDecisions(choices, { ...at, pairs, groups })),
    );
    at.firstPair += pairs;
    at.firstGroup += groups;
  }
  const choice: StretchesChoice = { ...outcomeOf(ledger, choices), collection_runs: runs.records() };
  await collections.create(keys.choice, jsonText(choice));
}

/** Has every choice look at the group's pairs, of which `first` is the first's number; tells the next group's. */
function weigh(choices: readonly Choice[], record: GroupRecord, first: number): number {
  for (const [view, choice] of choices.entries()) {
    choice.openGroup(record);
    for (const [place, pair] of record.pairs.entries()) {
      choice.weigh(first + place, pair, () => promptOf(pair, view));
    }
    choice.closeGroup();
  }
  return first + record.pairs.length;
}

function promptOf({ digests }: PairRecord, view: number): Digest {
  const found = digests[view];
  if (!found) throw new Error('A record has not all the views of the plan.');
  return found.prompt;
}

/** Whoever writes the stretch compares the collection with what was told of the records: these have to be just those. */
async function* asRecorded(store: ObjectStore, key: string, expected: number): AsyncGenerator<Uint8Array> {
  let checksum = crc32(new Uint8Array());
  for await (const chunk of store.read(key)) {
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (checksum === expected) return;
  throw new CorruptObject(`${store.name}/${key} is not what was recorded; start the run under another run id.`);
}

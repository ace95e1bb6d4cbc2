/** Where a run's objects stand in the collections bucket. A run id is checked before it gets here (`RunId`). */
export const runKeys = (runId: string) => {
  const root = `runs/${runId}`;
  return {
    request: `${root}/request.json`,
    plan: `${root}/plan.json`,
    cutting: cuttingKeys(`${root}/cutting`),
    collection: `${root}/collection.jsonl`,
    rejected: `${root}/rejected.jsonl`,
    metrics: `${root}/metrics.jsonl`,
    report: `${root}/report.html`,
    manifest: `${root}/manifest.json`,
    failure: `${root}/failure.json`,
    export: exportKeys(`${root}/export`),
    dataset: (format: string, file: string) => `${root}/datasets/${format}/${file}`,
    /** Ordinals have six digits so that a listing of up to a million shards is in order. */
    shard: (ordinal: number) => shardKeys(`${root}/shards/${String(ordinal).padStart(6, '0')}`),
  };
};

/** Only of a run whose traces take longer to cut than one call of Evaluate may. */
const cuttingKeys = (folder: string) => ({
  /** The traces as they were pinned by the first round: one a line. */
  traces: `${folder}/traces.jsonl`,
  rounds: `${folder}/rounds/`,
  /** The shards of one round, as `plan.json` has them. */
  round: (number: number) => `${folder}/rounds/${String(number).padStart(6, '0')}.json`,
});

/** Only of a run whose collection one function cannot export. */
const exportKeys = (folder: string) => ({
  stretches: `${folder}/stretches.json`,
  /** What was chosen of all pairs, for the dataset's cards, metrics and warnings. Made once. */
  choice: `${folder}/choice.json`,
  stretch: (ordinal: number) => stretchKeys(`${folder}/${String(ordinal).padStart(6, '0')}`),
});

const stretchKeys = (folder: string) => ({
  /** A record of each group: digests and numbers, no text. */
  records: `${folder}/records.bin`,
  /** Made once, when the records stand. */
  recorded: `${folder}/recorded.json`,
  /** Of each pair: the side it goes to, if any. */
  decisions: `${folder}/decisions.bin`,
  /** This stretch's part of a dataset's file. */
  part: (format: string, file: string) => `${folder}/${format}/${file}`,
  /** Made once, when the parts stand. */
  written: `${folder}/written.json`,
});

const shardKeys = (folder: string) => ({
  collection: `${folder}/collection.jsonl`,
  rejected: `${folder}/rejected.jsonl`,
  /** One line an item: where its lines stand in the two files above, and its own counters. Read when an id repeats. */
  index: `${folder}/index.jsonl`,
  /** Sorted 64-bit digests of the ids: what tells cheaply whether one repeats. */
  ids: `${folder}/ids.bin`,
  /** In place of the two files above, and of those of the shards after it, where an id repeats. */
  mergedCollection: `${folder}/merged-collection.jsonl`,
  mergedRejected: `${folder}/merged-rejected.jsonl`,
  /** The shard's last write. */
  summary: `${folder}/summary.json`,
});

/** Where a run's objects are in the collections bucket. A run id is checked before it gets here (`RunId`). */
export const runKeys = (runId: string) => {
  const root = `runs/${runId}`;
  return {
    /** Ends in "/": the keys of all that the run writes begin with it. */
    root: `${root}/`,
    request: `${root}/request.json`,
    plan: `${root}/plan.json`,
    /** What the source was found to be, and what was passed over. Of NAT's traces and candidate lines only the latter. */
    source: `${root}/source.json`,
    /** Only of a scattered source: the tasks of GroupCandidates, and their ordinals alone. */
    grouping: `${root}/grouping.json`,
    groupingTasks: `${root}/grouping-tasks.json`,
    /** Only on AWS: what the run was expected to come to. */
    estimate: `${root}/estimate.json`,
    /** Only where `dataset.tokenizer` names one: as it was when the run began. */
    tokenizer: `${root}/tokenizer.json`,
    collection: `${root}/collection.jsonl`,
    rejected: `${root}/rejected.jsonl`,
    metrics: `${root}/metrics.jsonl`,
    report: `${root}/report.html`,
    manifest: `${root}/manifest.json`,
    failure: `${root}/failure.json`,
    choice: choiceKeys(`${root}/choice`),
    dataset: (format: string, file: string) => `${root}/datasets/${format}/${file}`,
    shards: `${root}/shards/`,
    shard: (ordinal: number) => shardKeys(`${root}/shards/${sixDigits(ordinal)}`),
  };
};

/** So that a listing of up to a million shards is in order. */
const sixDigits = (ordinal: number): string => String(ordinal).padStart(6, '0');

/** Only of a run with a dataset, or a gate. */
const choiceKeys = (folder: string) => ({
  /** Of each pair of a shard: the side it goes to, if any. */
  decisions: (ordinal: number) => `${folder}/${sixDigits(ordinal)}.bin`,
  /** What was chosen of all pairs. Choose's last write, made once. */
  facts: `${folder}/facts.json`,
});

const shardKeys = (folder: string) => ({
  collection: `${folder}/collection.jsonl`,
  rejected: `${folder}/rejected.jsonl`,
  /** An entry of each pair: digests, numbers and byte ranges (`lib/datasets/pair-index.ts`). */
  index: `${folder}/pairs.bin`,
  /** Of a task of GroupCandidates: its candidates by bucket, and how many bytes each bucket has (`grouped-part.ts`). */
  grouped: `${folder}/grouped.jsonl`,
  buckets: `${folder}/buckets.bin`,
  /** What the report needs of the shard, and the texts of the pairs that it may show. */
  sample: `${folder}/sample.json`,
  sampledPairs: `${folder}/sampled-pairs.jsonl`,
  /** BuildShard's last write, made once. */
  summary: `${folder}/summary.json`,
  /** This shard's part of a dataset's file. */
  dataset: (format: string, file: string) => `${folder}/datasets/${format}/${file}`,
  /** WriteDatasets' last write, made once. */
  written: `${folder}/written.json`,
});

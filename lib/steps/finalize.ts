import { createHash } from 'node:crypto';
import { combineCrc32, crc32, crc32Base64 } from '../checksum.ts';
import type { Counters } from '../contract/counters.ts';
import { runKeys } from '../contract/keys.ts';
import { type CommittedFile, Manifest } from '../contract/manifest.ts';
import { type Shard, Shards, type Slice } from '../contract/plan.ts';
import { Request } from '../contract/request.ts';
import type { FinalizeInput, FinalizeOutput } from '../contract/states.ts';
import { Summary } from '../contract/summary.ts';
import { passGate } from '../datasets/gate.ts';
import type { Deps } from '../deps.ts';
import { ObjectNotFound, ShardMissing } from '../errors.ts';
import { type ReportSampler, reportSample } from '../report/sample.ts';
import { readAll } from '../store.ts';
import { jsonText, readJson } from '../stored-json.ts';
import { collectionRuns } from '../workflow/collection-runs.ts';
import { type BuiltShard, compositionOf, type Part } from './composition.ts';
import { each } from './each.ts';
import { requireGoodRun } from './require-good-run.ts';
import { writeMetrics } from './run-metrics.ts';
import { groupsInStretches, isShort, watchedOnce } from './watched-groups.ts';
import { askedDataset } from './workflow-outcome.ts';
import { wantsDataset, writeDatasets } from './write-datasets.ts';
import { writeReport } from './write-report.ts';

/**
 * Requires every shard, composes the run's files without reading them, and commits by the manifest, the last write. A
 * run that is committed is reported as it stands. Throws {@link ShardMissing}, {@link NoCandidates},
 * {@link AnswersMissing}, {@link TooManyRejected}, {@link LeakingDataset}, {@link GateMissed}.
 */
export async function finalize({ run_id }: FinalizeInput, deps: Deps): Promise<FinalizeOutput> {
  const keys = runKeys(run_id);
  const store = deps.collections;
  const requestBytes = await readAll(store, keys.request);
  const request = await readJson(store, keys.request, Request);
  if (await store.head(keys.manifest)) return committed(request, await readJson(store, keys.manifest, Manifest), deps);

  const shards = await readJson(store, keys.plan, Shards);
  const built = await summaries(run_id, shards, deps);
  const asked = await askedDataset(request, built, deps);
  const files = await compositionOf(run_id, built, request.builder, deps);
  const rejected = await compose(keys.rejected, files.rejected, deps);
  // Before this can fail the run, the losses stand where the message says they do.
  const warnings = requireGoodRun(request, built, files.totals, `${store.name}/${keys.rejected}`);
  const collection = await compose(keys.collection, files.collection, deps);
  const sampler = reportSample();
  const { datasets, records } = await look(request, collection, files.totals, sampler, deps);
  const metrics = await writeMetrics(request, built, files.totals, datasets?.result, records, deps);
  if (datasets) passGate(request.dataset.gate, datasets.result, files.totals, `${store.name}/${keys.metrics}`);
  const listed: Omit<Manifest, 'report'> = {
    run_id,
    status: 'committed',
    request_sha256: createHash('sha256').update(requestBytes).digest('hex'),
    code_version: deps.codeVersion,
    inputs: [...asked, ...inputsOf(shards)],
    collection: { ...collection, groups: files.totals.total_examples, trajectories: files.totals.total_trajectories },
    rejected: { ...rejected, lines: files.rejectedLines },
    metrics,
    datasets: datasets?.files ?? {},
    selections: datasets?.result.selections ?? {},
    totals: files.totals,
    warnings: [...warnings, ...(datasets?.result.warnings ?? [])],
  };
  const report = await writeReport(request, built, listed, sampler.sample(), deps);
  const manifest: Manifest = { ...listed, report };
  if ((await store.create(keys.manifest, jsonText(manifest))) === 'created') return committed(request, manifest, deps);
  return committed(request, await readJson(store, keys.manifest, Manifest), deps);
}

/** Shows the watchers the collection: all of it where something is made of every group, else enough for the report. */
async function look(
  request: Request,
  { key, bytes }: CommittedFile,
  totals: Counters,
  sampler: ReportSampler,
  deps: Deps,
) {
  const runs = collectionRuns(request);
  const groups = watchedOnce([sampler, runs], key, deps);
  if (wantsDataset(request)) {
    const datasets = await writeDatasets(request, totals, groups, deps);
    return { datasets, records: runs.records() };
  }
  if ('workflow' in request.source || isShort(bytes)) {
    for await (const _ of groups());
    return { datasets: undefined, records: runs.records() };
  }
  for await (const group of groupsInStretches(key, bytes, deps)) sampler.add(group);
  return { datasets: undefined, records: [] };
}

const committed = (request: Request, manifest: Manifest, deps: Deps): FinalizeOutput => ({
  run_id: manifest.run_id,
  status: 'committed',
  manifest: { bucket: deps.collectionsBucket, key: runKeys(manifest.run_id).manifest },
  examples: manifest.totals.total_examples,
  pairs: manifest.totals.total_pairs,
  train: request.training !== undefined,
});

/** Every shard's summary, in order; 32 small requests at a time keep a store busy without being throttled. */
const summaries = (runId: string, shards: readonly Shard[], deps: Deps): Promise<BuiltShard[]> =>
  each(shards, 32, async (shard) => {
    try {
      return { shard, summary: await readJson(deps.collections, runKeys(runId).shard(shard.ordinal).summary, Summary) };
    } catch (cause) {
      if (!(cause instanceof ObjectNotFound)) throw cause;
      const of = shard.slices.map(({ key }) => key).slice(0, 3);
      throw new ShardMissing(
        `Shard ${shard.ordinal} of run ${runId} (${of.join(', ')}) has no summary, so it was not built. Start the run again: only what is missing is done.`,
        { cause },
      );
    }
  });

async function compose(key: string, parts: readonly Part[], deps: Deps): Promise<CommittedFile> {
  let bytes = 0;
  let checksum = crc32(new Uint8Array());
  for (const part of parts) {
    checksum = combineCrc32(checksum, part.crc32, part.bytes);
    bytes += part.bytes;
  }
  await deps.collections.compose(key, parts, { crc32: checksum });
  return { key, bytes, checksum: { algorithm: 'CRC32', value: crc32Base64(checksum) } };
}

const inputsOf = (shards: readonly Shard[]): Manifest['inputs'] => {
  const inputs = new Map<string, Slice>();
  for (const { slices } of shards)
    for (const slice of slices) inputs.set(JSON.stringify([slice.bucket, slice.key]), slice);
  return [...inputs.values()].map(({ bucket, key, version, etag, object_bytes }) => ({
    bucket,
    key,
    ...(version === undefined ? {} : { version }),
    etag,
    bytes: object_bytes,
  }));
};

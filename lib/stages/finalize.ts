import { createHash } from 'node:crypto';
import { type CommittedFile, Manifest } from '../contract/manifest.ts';
import { type Shard, Shards, type Slice } from '../contract/plan.ts';
import { Request } from '../contract/request.ts';
import type { FinalizeInput, FinalizeOutput } from '../contract/states.ts';
import { Summary } from '../contract/summary.ts';
import { passGate } from '../datasets/gate.ts';
import { ObjectNotFound, ShardMissing } from '../errors.ts';
import { crc32Base64 } from '../objects/checksum.ts';
import { runKeys } from '../objects/keys.ts';
import { readAll } from '../objects/store.ts';
import { jsonText, readJson } from '../objects/stored-json.ts';
import { composeParts, type Part, together } from './compose-parts.ts';
import { type BuiltShard, compositionOf } from './composition.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';
import type { ExportLimits } from './export-limits.ts';
import { madeOfCollection } from './made-of-collection.ts';
import { requireGoodRun } from './require-good-run.ts';
import { writeMetrics } from './run-metrics.ts';
import { askedDataset } from './workflow-outcome.ts';
import { writeReport } from './write-report.ts';

/**
 * Requires every shard, composes the run's files without reading them, and commits by the manifest, the last write. A
 * run that is committed is reported as it stands. Of a collection whose datasets are too large for one function it says
 * what is to be done with its stretches, and is to be called again with that answer. Throws {@link ShardMissing}, {@link NoCandidates},
 * {@link AnswersMissing}, {@link TooManyRejected}, {@link DatasetTooLarge}, {@link LeakingDataset}, {@link GateMissed}.
 */
export async function finalize(input: FinalizeInput, deps: Deps & ExportLimits): Promise<FinalizeOutput> {
  const { run_id } = input;
  const keys = runKeys(run_id);
  const store = deps.collections;
  const requestBytes = await readAll(store, keys.request);
  const request = await readJson(store, keys.request, Request);
  if (await store.head(keys.manifest)) return committed(request, await readJson(store, keys.manifest, Manifest), deps);

  const shards = await readJson(store, keys.plan, Shards);
  const built = await summaries(run_id, shards, deps);
  const asked = await askedDataset(request, built, deps);
  const files = await compositionOf(run_id, built, request.builder, deps);
  // Of a run that was exporting they are composed already.
  const compose = 'export' in input ? described : composed;
  const rejected = await compose(keys.rejected, files.rejected, deps);
  // Before this can fail the run, the losses stand where the message says they do.
  const warnings = requireGoodRun(request, built, files.totals, `${store.name}/${keys.rejected}`);
  const collection = await compose(keys.collection, files.collection, deps);
  const made = await madeOfCollection(request, collection, files.totals, input, deps);
  if ('phase' in made) return { ...input, status: 'exporting', export: made };
  const { datasets, records, sample } = made;
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
  const report = await writeReport(request, built, listed, sample, deps);
  const manifest: Manifest = { ...listed, report };
  if ((await store.create(keys.manifest, jsonText(manifest))) === 'created') return committed(request, manifest, deps);
  return committed(request, await readJson(store, keys.manifest, Manifest), deps);
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

async function composed(key: string, parts: readonly Part[], deps: Deps): Promise<CommittedFile> {
  await composeParts(key, parts, deps);
  return described(key, parts);
}

function described(key: string, parts: readonly Part[]): CommittedFile {
  const { bytes, crc32 } = together(parts);
  return { key, bytes, checksum: { algorithm: 'CRC32', value: crc32Base64(crc32) } };
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

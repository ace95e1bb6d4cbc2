import { createHash } from 'node:crypto';
import { ChoiceFacts } from '../../contract/choice-facts.ts';
import { type CommittedFile, Manifest } from '../../contract/manifest.ts';
import type { Shard, Slice } from '../../contract/plan.ts';
import { Request } from '../../contract/request.ts';
import { RunSource } from '../../contract/run-source.ts';
import type { FinalizeInput, FinalizeOutput } from '../../contract/states.ts';
import { sumTokens, tokenWarnings } from '../../datasets/token-facts.ts';
import { wantedDatasets } from '../../datasets/wanted-datasets.ts';
import { runKeys } from '../../objects/keys.ts';
import { readAll } from '../../objects/store.ts';
import { jsonText, readJson } from '../../objects/stored-json.ts';
import { composeFile, describeFile, partsOf } from '../compose-parts.ts';
import type { Deps } from '../deps.ts';
import { type Plan, readPlan } from '../read-plan.ts';
import { requireGoodRun } from '../require-good-run.ts';
import { settleAll } from '../settle-all.ts';
import { type BuiltRun, readBuiltRun, sumCounters } from '../summaries.ts';
import { warnOfPassedOver } from '../warn-of-passed-over.ts';
import { composeDatasets } from './compose-datasets.ts';
import { writeMetrics } from './run-metrics.ts';
import { type AskedDataset, askedDataset } from './workflow-outcome.ts';
import { writeReport } from './write-report.ts';

/**
 * Requires every shard, composes the run's files without reading them, and commits by the manifest, the last write. A
 * run that is committed is reported as it is. Throws {@link ShardMissing}, {@link NoCandidates}, {@link AnswersMissing},
 * {@link TooManyRejected}.
 */
export async function finalize({ run_id }: FinalizeInput, deps: Deps): Promise<FinalizeOutput> {
  const keys = runKeys(run_id);
  const store = deps.collections;
  const request = await readJson(store, keys.request, Request);
  if (await store.head(keys.manifest)) return report(request, await readJson(store, keys.manifest, Manifest), deps);

  const plan = await readPlan(run_id, deps);
  const run = await readBuiltRun(run_id, plan, deps);
  const { built, all } = run;
  const asked = await askedDataset(request, built, deps);
  const rejected = await composeFile(keys.rejected, partsOf(run_id, all, 'rejected'), deps);
  // Before this can fail the run, the losses are where the message says.
  const warnings = [
    ...requireGoodRun({ request, source: plan.source, built: all }, `${store.name}/${keys.rejected}`),
    ...(await warnOfOtherFiles(plan, run_id, deps)),
  ];
  const parts = partsOf(run_id, built, 'collection');
  const known = { asked, warnings, rejected, collection: describeFile(keys.collection, parts) };
  const [manifest] = await settleAll([
    writeOthers({ request, plan, run }, known, deps),
    // Nothing else reads it.
    composeFile(keys.collection, parts, deps),
  ]);
  if ((await store.create(keys.manifest, jsonText(manifest))) === 'created') return report(request, manifest, deps);
  return report(request, await readJson(store, keys.manifest, Manifest), deps);
}

interface Built {
  readonly request: Request;
  readonly plan: Plan;
  readonly run: BuiltRun;
}

interface Known {
  readonly asked: AskedDataset;
  readonly warnings: readonly string[];
  readonly rejected: CommittedFile;
  readonly collection: CommittedFile;
}

/** Writes the datasets, the metrics and the report, and says what the run has come to. */
async function writeOthers({ request, plan, run }: Built, known: Known, deps: Deps): Promise<Manifest> {
  const { built, all } = run;
  const { asked, warnings, rejected, collection } = known;
  const keys = runKeys(request.run_id);
  const facts =
    wantedDatasets(request) === 'none' ? undefined : await readJson(deps.collections, keys.choice.facts, ChoiceFacts);
  const datasets = facts && (await composeDatasets(request, facts, run, deps));
  const metrics = await writeMetrics(request, all, datasets?.result, deps);
  const totals = sumCounters(all);
  const listed: Omit<Manifest, 'report'> = {
    run_id: request.run_id,
    status: 'committed',
    request_sha256: await digestObject(keys.request, deps),
    code_version: deps.codeVersion,
    inputs: [...asked.inputs, ...inputsOf([...plan.grouping, ...plan.shards])],
    collection: { ...collection, groups: totals.total_examples, trajectories: totals.total_trajectories },
    rejected: { ...rejected, lines: all.reduce((sum, { summary }) => sum + summary.rejected.lines, 0) },
    metrics,
    datasets: datasets?.files ?? {},
    formats: Object.fromEntries(
      Object.entries(datasets?.result.formats ?? {}).map(([name, { files: _, ...written }]) => [name, written]),
    ),
    selections: datasets?.result.selections ?? {},
    totals,
    warnings: [
      ...asked.warnings,
      ...warnings,
      ...(datasets?.result.warnings ?? []),
      ...tokenWarnings(sumTokens(built.map(({ summary }) => summary.tokens)), request.dataset.formats),
    ],
  };
  return {
    ...listed,
    report: await writeReport(request, run, { manifest: listed, facts, unit: plan.source?.unit }, deps),
  };
}

/** Beside NAT's own traces; of another source the run's own judgement names them. */
async function warnOfOtherFiles({ source }: Plan, runId: string, { collections }: Deps): Promise<readonly string[]> {
  const key = runKeys(runId).source;
  if (source !== undefined || !(await collections.head(key))) return [];
  return warnOfPassedOver(await readJson(collections, key, RunSource));
}

const report = (request: Request, manifest: Manifest, deps: Deps): FinalizeOutput => ({
  run_id: manifest.run_id,
  status: 'committed',
  manifest: { bucket: deps.collectionsBucket, key: runKeys(manifest.run_id).manifest },
  examples: manifest.totals.total_examples,
  pairs: manifest.totals.total_pairs,
  train: request.training !== undefined,
});

const digestObject = async (key: string, { collections }: Deps): Promise<string> =>
  createHash('sha256')
    .update(await readAll(collections, key))
    .digest('hex');

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

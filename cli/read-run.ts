import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { withoutEndSlashes } from '../lib/contract/end-slashes.ts';
import { Manifest } from '../lib/contract/manifest.ts';
import { Request } from '../lib/contract/request.ts';
import { Group } from '../lib/contract/trajectory.ts';
import { InvalidRequest } from '../lib/errors.ts';
import { type ComparedPair, comparedPair, type PairsByExample } from '../lib/inspect/run-difference.ts';
import { runKeys } from '../lib/objects/keys.ts';
import { prefixedStore } from '../lib/objects/prefixed-store.ts';
import type { ObjectStore } from '../lib/objects/store.ts';
import { readJson, readLines } from '../lib/objects/stored-json.ts';
import { localPath, outLocation, s3Address } from './locations.ts';
import { openBucket } from './open-bucket.ts';

export interface ReadRun {
  readonly manifest: Manifest;
  readonly request: Request;
  readonly pairs: PairsByExample;
}

/** A committed run by its directory, `s3://…/runs/<run_id>`, or, with `--out`, its id. Throws {@link InvalidRequest}. */
export async function readRun(run: string, out: string | undefined): Promise<ReadRun> {
  const { store, runId } = await findRun(run, out);
  const keys = runKeys(runId);
  const manifest = await readManifest(store, runId);
  const pairs = new Map<string, ComparedPair[]>();
  for await (const { example_id, trajectories } of readLines(store, keys.collection, Group)) {
    const known = pairs.get(example_id) ?? [];
    for (const trajectory of trajectories) known.push(comparedPair(trajectory, digest));
    pairs.set(example_id, known);
  }
  return {
    manifest,
    request: await readJson(store, keys.request, Request),
    pairs,
  };
}

export interface FoundRun {
  readonly store: ObjectStore;
  readonly runId: string;
  /** Where it was written, as `--out` takes it. */
  readonly out: string;
}

/** Where a run is: see {@link readRun}. It need not be committed. */
export async function findRun(run: string, out: string | undefined): Promise<FoundRun> {
  const trimmed = withoutEndSlashes(run);
  if (out !== undefined) return { store: await storeAt(out), runId: trimmed, out };
  const path = s3Address(trimmed) ? trimmed : localPath(trimmed);
  if (basename(dirname(path)) !== 'runs') {
    throw new InvalidRequest(
      `${run} is not a run. Name a directory runs/ID or s3://bucket/runs/ID, or give --out with ids.`,
    );
  }
  const runId = basename(path);
  // The root's "/" is part of what is cut off.
  const place = path.slice(0, -`/runs/${runId}`.length) || '/';
  return { store: await storeAt(place), runId, out: place };
}

/**
 * What the run committed. Throws {@link InvalidRequest} where it did not commit, or where the manifest is another run's: that
 * one vouches for other files.
 */
export async function readManifest(store: ObjectStore, runId: string): Promise<Manifest> {
  const key = runKeys(runId).manifest;
  if (!(await store.head(key))) {
    throw new InvalidRequest(
      `${store.name}/${key} does not exist: run ${runId} is not committed. Name a run's directory, s3://bucket/runs/ID, or its id with --out.`,
    );
  }
  const manifest = await readJson(store, key, Manifest);
  if (manifest.run_id === runId) return manifest;
  throw new InvalidRequest(
    `${store.name}/${key} is the manifest of run ${manifest.run_id}. Rename the directory to runs/${manifest.run_id}, the run's own id.`,
  );
}

async function storeAt(out: string): Promise<ObjectStore> {
  const { bucket, prefix } = await outLocation(out);
  const store = await openBucket(bucket);
  return prefix === '' ? store : prefixedStore(store, prefix);
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

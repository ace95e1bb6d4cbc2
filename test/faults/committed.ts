import { deepStrictEqual } from 'node:assert';
import type * as z from 'zod';
import { CommittedFile, Manifest } from '../../lib/contract/manifest.ts';
import { crc32, crc32Base64 } from '../../lib/objects/checksum.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { type ObjectStore, readAll } from '../../lib/objects/store.ts';
import { readJson } from '../../lib/objects/stored-json.ts';

/** A committed run as a reader finds it. */
export interface CommittedRun {
  /** Every key under the run. */
  readonly keys: readonly string[];
  /** The files without times in them, by key. */
  readonly files: ReadonlyMap<string, string>;
  /** What the manifest says, but for the files that carry times. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** Lines that a run has too few or too many of, and files that are not what the manifest says. */
export interface Damage {
  readonly lost: number;
  readonly doubled: number;
  readonly changed: number;
}

/** Reads the run as its manifest lists it. Undefined where there is no manifest: then there is nothing to trust. */
export async function committedRun(store: ObjectStore, runId = 'run'): Promise<CommittedRun | undefined> {
  const keys = runKeys(runId);
  if (!(await store.head(keys.manifest))) return undefined;
  const {
    metrics: _,
    report: __,
    ...manifest
  }: Record<string, unknown> = await readJson(store, keys.manifest, Manifest);
  const files = new Map<string, string>();
  for (const { key, bytes, checksum } of await listedFiles(store, runId)) {
    const body = await readAll(store, key);
    if (body.length !== bytes || crc32Base64(crc32(body)) !== checksum.value) {
      throw new Error(`${key} is not what the manifest says`);
    }
    if (!TIMED.test(key)) files.set(key, new TextDecoder().decode(body));
  }
  const listed = await Array.fromAsync(store.list(`runs/${runId}/`));
  return { keys: listed.map(({ key }) => key), files, manifest };
}

/** These say when the run was. */
const TIMED = /\/(?:metrics\.jsonl|report\.html)$/;

/** A listing's own fields vary by what a file is. */
const Listed = CommittedFile.loose();

/** Every file in the manifest, wherever it stands there. */
export async function listedFiles(store: ObjectStore, runId = 'run'): Promise<readonly z.infer<typeof Listed>[]> {
  return found(await readJson(store, runKeys(runId).manifest, Manifest));
}

function found(value: unknown): z.infer<typeof Listed>[] {
  if (typeof value !== 'object' || value === null) return [];
  const file = Listed.safeParse(value);
  return file.success ? [file.data] : Object.values(value).flatMap(found);
}

/** Holds the run against an undisturbed one, byte by byte; throws where they differ in anything but lines. */
export function damageOf(run: CommittedRun | undefined, undisturbed: CommittedRun): Damage {
  if (!run) throw new Error('the run is not committed');
  const damage = { lost: 0, doubled: 0, changed: 0 };
  for (const [key, expected] of undisturbed.files) {
    const text = run.files.get(key);
    if (text === expected) continue;
    const count = counted(expected);
    for (const line of (text ?? '').split('\n')) {
      const left = count.get(line);
      if (left === undefined) damage.changed += 1;
      else if (left === 0) damage.doubled += 1;
      else count.set(line, left - 1);
    }
    for (const left of count.values()) damage.lost += left;
  }
  if (damage.lost + damage.doubled + damage.changed === 0) {
    deepStrictEqual(run.keys, undisturbed.keys);
    deepStrictEqual(run.files, undisturbed.files);
    deepStrictEqual(run.manifest, undisturbed.manifest);
  }
  return damage;
}

function counted(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

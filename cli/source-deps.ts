import type { Deps } from '../lib/stages/deps.ts';
import { openDeps } from './local/local-deps.ts';
import { isLocal, outLocation } from './locations.ts';
import type { NamedHere } from './open-bucket.ts';

/** The stores from which this machine reads a source: its traces, or its workflow's dataset. Nothing is written. */
export async function sourceDeps(named: NamedHere, codeVersion = ''): Promise<Deps> {
  const inS3 = named.locations.some(({ bucket }) => !isLocal(bucket));
  return openDeps({ out: await outLocation('.'), inS3, codeVersion, named });
}

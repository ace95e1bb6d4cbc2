import { runKeys } from '../contract/keys.ts';
import { Request } from '../contract/request.ts';
import type { Deps } from '../deps.ts';
import { RunConflict } from '../errors.ts';
import { readAll } from '../store.ts';
import { jsonText, readJson } from '../stored-json.ts';

/** Creates `request.json`; where one stands, it must be the same to the byte. Throws {@link RunConflict}. */
export async function claim(request: Request, { collections }: Pick<Deps, 'collections'>): Promise<void> {
  const { request: key } = runKeys(request.run_id);
  const mine = jsonText(request);
  if ((await collections.create(key, mine)) === 'created') return;
  const theirs = await readAll(collections, key);
  if (Buffer.compare(mine, theirs) === 0) return;
  const other = await readJson(collections, key, Request);
  throw new RunConflict(
    `Run ${request.run_id} exists with another request (it differs in ${differences(request, other).join(', ')}). ` +
      'Choose another run id.',
  );
}

/** Dotted names of the settings in which two requests differ. */
const differences = (a: unknown, b: unknown, path = ''): string[] => {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (!isRecord(a) || !isRecord(b)) return [path];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], path ? `${path}.${key}` : key),
  );
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

import * as z from 'zod';
import type { Request } from '../contract/request.ts';
import { RunConflict } from '../errors.ts';
import { runKeys } from '../objects/keys.ts';
import { type ObjectStore, readAll } from '../objects/store.ts';
import { jsonText, readJson } from '../objects/stored-json.ts';
import { isObject } from '../sources/json/exact-json.ts';
import type { Deps } from './deps.ts';

/** Creates `request.json`; where one stands, it must be the same to the byte. Throws {@link RunConflict}. */
export async function claim(request: Request, { collections }: Pick<Deps, 'collections'>): Promise<void> {
  const { request: key } = runKeys(request.run_id);
  if ((await collections.create(key, jsonText(request))) === 'created') return;
  if (await isStanding(request, collections)) return;
  const other = await readJson(collections, key, z.unknown());
  throw new RunConflict(
    `Run ${request.run_id} exists with another request (it differs in ${differences(request, other).join(', ')}). ` +
      'Choose another run id.',
  );
}

/** Whose the request's run id is. */
export async function ownerOf(
  request: Request,
  { collections }: Pick<Deps, 'collections'>,
): Promise<'nobody' | 'this request' | 'another'> {
  const { request: key } = runKeys(request.run_id);
  if (!(await collections.head(key))) return 'nobody';
  return (await isStanding(request, collections)) ? 'this request' : 'another';
}

/** Whether what stands as `request.json` is this request to the byte. */
async function isStanding(request: Request, collections: ObjectStore): Promise<boolean> {
  const standing = await readAll(collections, runKeys(request.run_id).request);
  return Buffer.compare(jsonText(request), standing) === 0;
}

/** Dotted names of the settings in which two requests differ. */
const differences = (a: unknown, b: unknown, path = ''): string[] => {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (!isObject(a) || !isObject(b)) return [path];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], path ? `${path}.${key}` : key),
  );
};

import { ObjectNotFound } from '../errors.ts';

/** What is read of an object; undefined where there is none. */
export async function ifFound<Read>(reading: Promise<Read>): Promise<Read | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}

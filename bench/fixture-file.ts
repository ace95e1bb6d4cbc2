import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Form, type Prompts, writeFixture } from './fixtures.ts';
import { rounded } from './measure.ts';

export interface FixtureFile {
  readonly file: string;
  /** Of 10^6 bytes. */
  readonly megabytes: number;
}

export interface FixtureShape {
  readonly form: Form;
  readonly prompts: Prompts;
  readonly megabytes: number;
}

/** Traces in the folder, written where they are not there yet. */
export function fixtureFile(folder: string, { form, prompts, megabytes }: FixtureShape): FixtureFile {
  const file = join(folder, `${prompts}-${form}-${megabytes}.json${form === 'jsonl' ? 'l' : ''}`);
  if (!existsSync(file)) writeFixture({ bytes: megabytes * 1e6, form, prompts, seed: 1, path: file });
  return { file, megabytes: rounded(statSync(file).size / 1e6) };
}

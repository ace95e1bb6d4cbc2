import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { fixtureFile } from '../fixture-file.ts';
import { measure } from '../measure.ts';
import { type Bench, dpoArgs } from '../programs.ts';

/** Where the time of `dpo run` goes: the functions with the most time of their own, in all threads together. */
export function profileRun(bench: Bench) {
  const { cores } = bench;
  const profiles = join(bench.folder, 'profiles');
  mkdirSync(profiles);
  const options = ['--cpu-prof', '--cpu-prof-interval', '500', '--cpu-prof-dir', profiles];
  const shape = { form: 'jsonl', prompts: 'mixed', megabytes: bench.megabytes } as const;
  const { file, megabytes } = fixtureFile(bench.folder, shape);
  measure([...options, ...dpoArgs(bench, { file, cores })], cores);
  const threads = readdirSync(profiles).map((name) => ({
    worker: threadOf(name) > 0,
    own: ownTimes(join(profiles, name)),
  }));
  const all = new Map<string, number>();
  for (const { own } of threads) for (const [name, ms] of own) all.set(name, (all.get(name) ?? 0) + ms);
  const busy = (worker: boolean): number =>
    sum(threads.filter((thread) => thread.worker === worker).flatMap(({ own }) => [...own.values()]));
  const mostFirst = [...all].sort(([, a], [, b]) => b - a).slice(0, 15);
  return {
    ...{ megabytes, main_ms: Math.round(busy(false)), workers_ms: Math.round(busy(true)) },
    functions: mostFirst.map(([name, ms]) => ({ name, own_ms: Math.round(ms) })),
  };
}

/** Node names a profile `CPU.<date>.<time>.<process>.<thread>.<number>.cpuprofile`; the main thread is 0. */
const threadOf = (name: string): number => Number(name.split('.')[4]);

const Profile = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string(), url: z.string() }) })),
  samples: z.array(z.number()),
  /** Microseconds. */
  timeDeltas: z.array(z.number()),
});

/** Milliseconds by function, without those in which the thread waited. */
function ownTimes(file: string): Map<string, number> {
  const { nodes, samples, timeDeltas } = Profile.parse(JSON.parse(readFileSync(file, 'utf8')));
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const own = new Map<string, number>();
  for (const [at, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    if (name !== '(idle)') own.set(name, (own.get(name) ?? 0) + (timeDeltas[at] ?? 0) / 1000);
  }
  return own;
}

const nameOf = ({ functionName, url }: { readonly functionName: string; readonly url: string }): string =>
  url.startsWith('wasm:') ? `${functionName} (the scanner)` : functionName || '(program)';

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);

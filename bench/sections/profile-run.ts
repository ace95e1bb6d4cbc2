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
  const threads = readdirSync(profiles).map((name) => {
    const profile = Profile.parse(JSON.parse(readFileSync(join(profiles, name), 'utf8')));
    return { worker: threadOf(name) > 0, own: ownTimes(profile), busy: busyTimes(profile) };
  });
  const all = new Map<string, number>();
  for (const { own } of threads) for (const [name, ms] of own) all.set(name, (all.get(name) ?? 0) + ms);
  const [main, workers] = [threads.filter(({ worker }) => !worker), threads.filter(({ worker }) => worker)];
  const busy = (some: typeof threads): number => Math.round(sum(some.flatMap(({ own }) => [...own.values()])));
  const alone = aloneIn(
    main.flatMap((thread) => thread.busy),
    workers.flatMap((thread) => thread.busy),
  );
  const mostFirst = [...all].sort(([, a], [, b]) => b - a).slice(0, 15);
  return {
    ...{ megabytes, main_ms: busy(main), workers_ms: busy(workers), alone_ms: Math.round(alone) },
    functions: mostFirst.map(([name, ms]) => ({ name, own_ms: Math.round(ms) })),
  };
}

/** Node names a profile `CPU.<date>.<time>.<process>.<thread>.<number>.cpuprofile`; the main thread is 0. */
const threadOf = (name: string): number => Number(name.split('.')[4]);

const Profile = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string(), url: z.string() }) })),
  samples: z.array(z.number()),
  /** Microseconds, of one clock for all threads. */
  startTime: z.number(),
  timeDeltas: z.array(z.number()),
});
type Profile = z.infer<typeof Profile>;

/** Milliseconds by function, without those in which the thread waited. */
function ownTimes({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const own = new Map<string, number>();
  for (const [at, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    if (name !== '(idle)') own.set(name, (own.get(name) ?? 0) + (timeDeltas[at] ?? 0) / 1000);
  }
  return own;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** When the thread did something, in milliseconds. Waits so short as those for a file are part of it. */
function busyTimes({ nodes, samples, timeDeltas, startTime }: Profile): readonly Span[] {
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id));
  const spans: { from: number; to: number }[] = [];
  let now = startTime / 1000;
  for (const [at, id] of samples.entries()) {
    const from = now;
    now += (timeDeltas[at] ?? 0) / 1000;
    if (idle.has(id)) continue;
    const last = spans.at(-1);
    if (last && from - last.to < SHORT_WAIT_MS) last.to = now;
    else spans.push({ from, to: now });
  }
  return spans;
}

const SHORT_WAIT_MS = 50;

/** Milliseconds of the spans in which none of the others was. */
function aloneIn(spans: readonly Span[], others: readonly Span[]): number {
  const ends = [...spans, ...others].flatMap(({ from, to }) => [from, to]).sort((a, b) => a - b);
  const isIn = (some: readonly Span[], time: number) => some.some(({ from, to }) => from <= time && time < to);
  return ends.slice(1).reduce((total, end, at) => {
    const begin = ends[at] ?? end;
    return isIn(spans, begin) && !isIn(others, begin) ? total + end - begin : total;
  }, 0);
}

const nameOf = ({ functionName, url }: { readonly functionName: string; readonly url: string }): string =>
  url.startsWith('wasm:') ? `${functionName} (the scanner)` : functionName || '(program)';

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);

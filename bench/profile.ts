import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { writeFixture } from './fixtures.ts';
import { root } from './measure.ts';

/**
 * Where the time of `dpo run` over 200 MB of JSON lines goes: the ten functions with the most time of their own
 * (`node bench/profile.ts`). In another checkout of the project: `node bench/profile.ts DIRECTORY`.
 */
const Profile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
    }),
  ),
  samples: z.array(z.number()),
  /** Microseconds. */
  timeDeltas: z.array(z.number()),
});

const [directory = root] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'dpo-profile-'));
const file = join(folder, 'traces.jsonl');
writeFixture({ bytes: 200e6, form: 'jsonl', seed: 1, path: file });
const { status, stderr } = spawnSync(
  process.execPath,
  [
    ...['--cpu-prof', '--cpu-prof-interval', '200', '--cpu-prof-dir', folder],
    ...['cli/dpo.ts', 'run', file, '--out', join(folder, 'out'), '--set', 'dataset.formats=[]'],
  ],
  { cwd: directory, encoding: 'utf8' },
);
if (status !== 0) throw new Error(stderr);
const [written] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
const { nodes, samples, timeDeltas } = Profile.parse(JSON.parse(readFileSync(join(folder, written ?? ''), 'utf8')));
rmSync(folder, { recursive: true });

const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
const own = new Map<string, number>();
for (const [at, id] of samples.entries()) {
  const name = names.get(id) ?? '';
  own.set(name, (own.get(name) ?? 0) + (timeDeltas[at] ?? 0) / 1000);
}
const total = timeDeltas.reduce((sum, delta) => sum + delta / 1000, 0);
console.log(`Of ${Math.round(total)} ms from start to exit:\n\n| function | own time, ms |\n|---|---:|`);
const mostFirst = [...own].sort(([, a], [, b]) => b - a);
for (const [name, time] of mostFirst.slice(0, 10)) console.log(`| ${name} | ${Math.round(time)} |`);

function nameOf({ functionName, url }: { readonly functionName: string; readonly url: string }): string {
  if (url.startsWith('wasm:')) return `\`${functionName}\`, the scanner`;
  const place = url.startsWith('file:') ? basename(fileURLToPath(url)) : url;
  return `\`${functionName || '(native)'}\`${place === '' ? '' : `, ${place}`}`;
}

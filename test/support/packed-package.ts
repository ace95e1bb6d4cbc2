import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const Manifest = z.object({
  dependencies: z.record(z.string(), z.string()),
  peerDependencies: z.record(z.string(), z.string()),
});
const Packed = z.tuple([z.object({ filename: z.string() })]);

/** Packs this package and unpacks it into a project, with exactly the packages that it declares. */
export function installPacked(project: string): void {
  const packed = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', project], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [{ filename }] = Packed.parse(JSON.parse(packed.slice(packed.indexOf('[\n'))));
  const installed = join(project, 'node_modules/dpo-trajectories');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(project, filename), '--strip-components=1', '-C', installed]);
  const { dependencies, peerDependencies } = Manifest.parse(
    JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')),
  );
  linkPackages(project, join(ROOT, 'node_modules'), Object.keys({ ...dependencies, ...peerDependencies }));
}

/** Packages of another folder's `node_modules`; those that the project has stay. */
export function linkPackages(project: string, from: string, names: readonly string[]): void {
  for (const name of names) {
    const link = join(project, 'node_modules', name);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(from, name), link);
  }
}

/**
 * Prints the list of the package's parts, as CycloneDX: all that its shrinkwrap installs. It is made from a folder with
 * that alone, because `npm sbom --omit dev` leaves out what a development tool could use as well (yaml).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shrinkwrapText } from './shrinkwrap.ts';

const root = new URL('../', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'dpo-trajectories-'));
try {
  const { devDependencies: _, ...published } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify(published));
  writeFileSync(join(folder, 'package-lock.json'), shrinkwrapText(new URL('package-lock.json', root)));
  const flags = ['--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  execFileSync('npm', ['sbom', ...flags], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
} finally {
  rmSync(folder, { recursive: true });
}

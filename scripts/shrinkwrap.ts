import { readFileSync } from 'node:fs';
import * as z from 'zod';

const Lock = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ dev: z.boolean().optional() })),
});

/** `package-lock.json` without what only development needs: what a user of the package installs, to the checksum. */
export function shrinkwrapText(lockFile: string | URL): string {
  const { packages, ...head } = Lock.parse(JSON.parse(readFileSync(lockFile, 'utf8')));
  const installed = Object.entries(packages).flatMap(([path, { dev = false, devDependencies: _, ...entry }]) =>
    dev ? [] : [[path, entry] as const],
  );
  return `${JSON.stringify({ ...head, packages: Object.fromEntries(installed) }, null, 2)}\n`;
}

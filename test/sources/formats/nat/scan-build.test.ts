import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compileScanner } from '../../../../scripts/build-scanner.ts';

it('scanner.wasm.ts is what scanner.as compiles to', async () => {
  const committed = readFileSync(
    new URL('../../../../lib/sources/formats/nat/scan/scanner.wasm.ts', import.meta.url),
    'utf8',
  );
  expect(await compileScanner()).toBe(committed);
});

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const ROOM = new URL('../lib/sources/formats/nat/scan/', import.meta.url);
const TARGET = fileURLToPath(new URL('scanner.wasm.ts', ROOM));

const SOURCES = ['scanner.as', 'layout.as', 'bytes.as', 'item.as'];

/** The text of scanner.wasm.ts, from the `.as` files as they stand. The same source and compiler give the same bytes. */
export async function compileScanner(): Promise<string> {
  let module = new Uint8Array();
  const { error, stderr } = await main(
    [
      ...['scanner.ts', '--outFile', 'scanner.wasm', '--runtime', 'stub', '--enable', 'simd'],
      ...['-O3', '--converge', '--noAssert', '--initialMemory', '2'],
    ],
    {
      // The compiler asks for `.ts`; the sources end in `.as` because TypeScript's tools cannot read them.
      readFile: (name) => {
        const source = SOURCES.find((known) => name === known.replace('.as', '.ts'));
        return source ? readFileSync(new URL(source, ROOM), 'utf8') : null;
      },
      writeFile: (name, contents) => {
        if (name === 'scanner.wasm' && typeof contents !== 'string') module = Uint8Array.from(contents);
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`the scanner does not compile: ${stderr.toString()}`, { cause: error });
  const base64 = Buffer.from(module).toString('base64');
  return `/** Compiled from scanner.as by scripts/build-scanner.ts: ${module.length} bytes, base64. */\nexport const SCANNER_WASM =\n  '${base64}';\n`;
}

if (import.meta.main) writeFileSync(TARGET, await compileScanner());

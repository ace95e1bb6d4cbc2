import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** What a module exports, each with the text of the file that declares it. */
function exportsOf(file: string): { name: string; source: string }[] {
  const text = read(file);
  const passedOn = [...text.matchAll(/^export (\*|\{[^}]*\}) from '([^']+)';/gm)].flatMap(
    ([, names = '', from = '']) => {
      const target = join(dirname(file), from);
      const source = read(target);
      if (names === '*') return exportsOf(target);
      return [...names.matchAll(/(?:type )?(\w+)/g)].map(([, name = '']) => ({ name, source }));
    },
  );
  const own = [...text.matchAll(DECLARATION)].map(([, name = '']) => ({ name, source: text }));
  return [...passedOn, ...own];
}

const DECLARATION = /^export (?:abstract |async )?(?:class|const|function\*?|interface) (\w+)/gm;

describe.each(['library/index.ts', 'infra/index.ts'])('%s', (file) => {
  test.each(exportsOf(file))('$name says in a comment what it is', ({ name, source }) => {
    const declaration = new RegExp(
      `^(.*)\\nexport (?:abstract |async )?(?:class|const|function\\*?|interface) ${name}\\b`,
      'm',
    );
    const [, before = ''] = source.match(declaration) ?? [];
    const properties = source.match(new RegExp(`^export interface ${name}\\b[^{]*\\{([\\s\\S]*?)^\\}`, 'm'))?.[1];
    // Of an interface each property says it; its name and its function's comment say the rest.
    if (properties === undefined) expect(before).toMatch(/\*\/$/);
    else expect(properties).toMatch(/^\s*(?:\/\*\*[\s\S]*?\*\/\s*(?:readonly \w+\??:|\w+\()[^;]*;\s*)+$/);
  });
});

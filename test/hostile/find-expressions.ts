import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

/** A regular expression of the source, and where it is. */
export interface FoundExpression {
  readonly place: string;
  readonly expression: RegExp;
}

/** Every literal in the folders' files; what is made of text by `RegExp(…)` is in `made`. */
export function findExpressions(folders: readonly string[]) {
  const literals: FoundExpression[] = [];
  const made: string[] = [];
  for (const file of folders.flatMap(sourcesIn)) {
    const source = readFileSync(new URL(file, ROOT), 'utf8');
    const text = file.endsWith('.ts') ? stripTypeScriptTypes(source) : source;
    eachNode(parseAst(text), (node) => {
      const { regex, callee } = node;
      if (isExpression(regex)) {
        const line = text.slice(0, Number(node.start)).split('\n').length;
        literals.push({ place: `${file}:${line}`, expression: new RegExp(regex.pattern, regex.flags) });
      }
      if (isNode(callee) && callee.name === 'RegExp') made.push(file);
    });
  }
  return { literals, made };
}

const ROOT = new URL('../../', import.meta.url);

const sourcesIn = (folder: string): string[] =>
  readdirSync(fileURLToPath(new URL(folder, ROOT)), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name) && !name.endsWith('.d.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

const isExpression = (value: unknown): value is { pattern: string; flags: string } =>
  isNode(value) && typeof value.pattern === 'string' && typeof value.flags === 'string';

function eachNode(value: unknown, see: (node: Node) => void): void {
  if (!isNode(value)) return;
  if (typeof value.type === 'string') see(value);
  for (const inner of Object.values(value)) eachNode(inner, see);
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseAst } from 'vitest/node';

/*
 * What a user of the product may read comes from the texts in its source. These phrases made messages hard to read once;
 * each has a plainer one in its place.
 */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\b(?:is|are) told\b/, 'write "reports", "shows" or "says"'],
  [/\bmend(?:s|ed|ing)?\b/, 'write "fix"'],
  [/\bwhoever\b/, 'write "a user" or "a caller"'],
  [/\bto be had\b/, 'write "available"'],
  [/\bat hand\b/, 'leave it out'],
  [/\bof which\b/, 'begin a new sentence'],
  [/\bstands?\b/, 'write "is"'],
  [/\b(?:those|that|settings|keys|files|names) that there are\b/, 'name them, or write "all"'],
  [/\b[Tt]here is no(?:thing)? \w+ to\b/, 'say what to do'],
  [/\bnames no \w+/, 'write "is not a …" or "has no …"'],
  [/\b(?:is|are) no (?!longer\b)\w+/, 'write "is not a …"'],
  [/\ball the same\b/, 'write "anyway"'],
  [/\bgoes? on\b/, 'write "continues"'],
  [/\bwas to have\b/, 'write "should have"'],
  [
    /\b(?:candidates|examples|bytes|objects|files|traces|pairs|execution|lines) a (?:turn|shard|run|batch|bucket)\b/,
    'write "per"',
  ],
];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PRODUCT = ['adapters', 'cli', 'functions', 'infra', 'lib', 'library'];

const files = PRODUCT.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|js)$/.test(name) && !name.endsWith('assets.ts'))
    .map((name) => join(folder, name)),
);

interface Text {
  readonly line: number;
  readonly text: string;
}

/** The texts of a module: string literals, and templates with `…` in place of their values. */
function textsOf(source: string): Text[] {
  const texts: Text[] = [];
  const visit = (node: unknown): void => {
    if (!isNode(node) && !Array.isArray(node)) return;
    const text = isNode(node) ? textOf(node) : undefined;
    if (isNode(node) && text !== undefined) texts.push({ line: source.slice(0, node.start).split('\n').length, text });
    Object.values(node).forEach(visit);
  };
  visit(parseAst(source, { lang: 'ts' }).body);
  return texts;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly value?: unknown;
  readonly quasis?: readonly { readonly value: { readonly cooked: string | null } }[];
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

function textOf({ type, value, quasis }: Node): string | undefined {
  if (type === 'Literal' && typeof value === 'string') return value;
  return type === 'TemplateLiteral' ? quasis?.map((part) => part.value.cooked ?? '').join('…') : undefined;
}

const complaintsAbout = (source: string): string[] =>
  textsOf(source).flatMap(({ line, text }) =>
    BANNED.filter(([phrase]) => phrase.test(text)).map(([phrase, instead]) => {
      const [found] = phrase.exec(text) ?? [];
      return `${line}: "${found}": ${instead}. In: ${text}`;
    }),
  );

test('no message of the product has a phrase that is hard to read', () => {
  const complaints = files.flatMap((file) =>
    complaintsAbout(readFileSync(join(ROOT, file), 'utf8')).map((complaint) => `${file}:${complaint}`),
  );
  expect(complaints.join('\n')).toBe('');
});

test('a banned phrase is found in a template over its values, with its line', () => {
  const hole = '$' + '{a}';
  const source = `const a = 'Set a name.';\nconst b: string = \`${hole} is no format: name one of ${hole}\`;\n`;
  expect(complaintsAbout(source)).toEqual(['2: "is no format": write "is not a …". In: … is no format: name one of …']);
});

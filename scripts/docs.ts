import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { pipelineDefinition } from '../infra/state-machine.ts';
import { Request } from '../lib/contract/request.ts';
import { statePicture } from './state-picture.ts';

/*
 * What the docs take from the source: the request's JSON Schema, whose descriptions are the comments in lib/contract,
 * the request reference, and the picture of the state machine. `npm run docs` writes them anew.
 */

const ROOT = new URL('../', import.meta.url);

export const SCHEMA_FILE = 'docs/request.schema.json';
export const REFERENCE_FILE = 'docs/request.md';
export const ARCHITECTURE_FILE = 'docs/architecture.md';

type Node = { [key: string]: unknown; properties?: Record<string, Node>; anyOf?: Node[]; items?: Node };

/** The text of docs/request.schema.json. */
export function schemaText(): string {
  const schema: Node = JSON.parse(JSON.stringify(z.toJSONSchema(Request, { io: 'input' })));
  describeBelow(schema, commentsOf('request'));
  const { $schema, ...rest } = schema;
  // The run id and the source may come from the command line instead.
  const named = { type: 'string', description: 'Where an editor finds this schema. Ignored.' };
  const properties = { $schema: named, ...rest.properties };
  const whole = { $schema, title: 'A request of dpo-trajectories', ...rest, properties, required: [] };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

/** The text of docs/request.md. */
export function referenceText(): string {
  const schema: Node = JSON.parse(schemaText());
  const rows = settings(schema).map(
    ({ path, type, fallback, description }) =>
      `| \`${path}\` | ${cell(type)} | ${fallback === undefined ? '' : `\`${JSON.stringify(fallback)}\``} | ${cell(description)} |`,
  );
  return `# Request reference

Generated from the schema in \`lib/contract\` by \`npm run docs\`. A request is JSON or YAML; every setting can also be given
as \`--set name=value\`. An unknown setting is an error that names it. For completion in an editor, let a \`request.yaml\`
begin with \`# yaml-language-server: $schema=request.schema.json\` (or name it as \`$schema\`, which is ignored) and keep [the schema](request.schema.json)
(\`npm run --silent dpo -- schema\` prints it) beside it.

| setting | value | default | |
|---|---|---|---|
${rows.join('\n')}
`;
}

/** The text of docs/architecture.md: as it is, with the state machine drawn anew. */
export function architectureText(): string {
  const text = readFileSync(new URL(ARCHITECTURE_FILE, ROOT), 'utf8');
  const machine = pipelineDefinition({ partition: 'aws', collections: 'collections', functionArn: (step) => step });
  const [start, end] = [text.indexOf(DRAWING_START), text.indexOf(DRAWING_END)];
  if (start === -1 || end === -1) throw new Error(`${ARCHITECTURE_FILE} has no place for the drawing.`);
  return `${text.slice(0, start + DRAWING_START.length)}\n\n${statePicture(machine)}\n${text.slice(end)}`;
}

const DRAWING_START = '<!-- drawn from infra/state-machine.ts by `npm run docs` -->';
const DRAWING_END = '<!-- end of the drawing -->';

interface Setting {
  readonly path: string;
  readonly type: string;
  readonly fallback: unknown;
  readonly description: string;
}

function settings(node: Node, path: readonly string[] = []): Setting[] {
  return Object.entries(propertiesOf(node)).flatMap(([name, below]) => {
    const here = [...path, name];
    const nested = settings(below, here);
    if (nested.length > 0 && !isList(below)) return nested;
    return [
      {
        path: here.join('.'),
        type: typeText(below),
        fallback: below.default,
        description: String(below.description ?? ''),
      },
      ...nested,
    ];
  });
}

/** Of an object, or of each of its alternatives. */
function propertiesOf(node: Node): Record<string, Node> {
  return Object.assign({}, ...(node.anyOf ?? []).map(propertiesOf), node.properties ?? {});
}

const isList = (node: Node): boolean =>
  node.type === 'array' || (node.anyOf ?? []).some(({ type }) => type === 'array');

function typeText(node: Node): string {
  if (node.anyOf) return [...new Set(node.anyOf.map(typeText))].join(' or ');
  if (Array.isArray(node.enum)) return node.enum.map((value) => JSON.stringify(value)).join(', ');
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.type === 'array') return `list of ${node.items ? typeText(node.items) : 'values'}`;
  const bounds = [
    bound('at least', node.minimum, Number.MIN_SAFE_INTEGER),
    bound('above', node.exclusiveMinimum, Number.MIN_SAFE_INTEGER),
    bound('at most', node.maximum, Number.MAX_SAFE_INTEGER),
  ].filter((text) => text !== '');
  const kind =
    node.type === 'integer' ? 'whole number' : [node.type ?? 'any JSON'].flat().join(' or ').replace('string', 'text');
  return [kind, ...bounds].join(', ');
}

const bound = (word: string, value: unknown, unbounded: number): string =>
  typeof value === 'number' && value !== unbounded ? `${word} ${value}` : '';

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

/** Sections whose comments stand in a file of their own. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  builder: ['builder'],
  dataset: ['dataset'],
  training: ['training'],
  source: ['source', 'workflow'],
};

function describeBelow(node: Node, comments: ReadonlyMap<string, string>): void {
  for (const part of [...(node.anyOf ?? []), ...(node.items ? [node.items] : [])]) describeBelow(part, comments);
  for (const [name, below] of Object.entries(node.properties ?? {})) {
    const description = comments.get(name);
    if (description !== undefined) below.description = description;
    const files = FILES[name];
    describeBelow(below, files ? new Map(files.flatMap((file) => [...commentsOf(file)])) : comments);
  }
}

/** The doc comments of a contract's keys, each as one line. A key with two different comments keeps the first. */
function commentsOf(contract: string): Map<string, string> {
  const source = readFileSync(new URL(`lib/contract/${contract}.ts`, ROOT), 'utf8');
  const comments = new Map<string, string>();
  for (const [, comment = '', name = ''] of source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+):/g)) {
    if (!comments.has(name))
      comments.set(
        name,
        comment
          .replace(/\n\s*\*/g, ' ')
          .replace(/\s+/g, ' ')
          .trim(),
      );
  }
  return comments;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL(SCHEMA_FILE, ROOT), schemaText());
  writeFileSync(new URL(REFERENCE_FILE, ROOT), referenceText());
  writeFileSync(new URL(ARCHITECTURE_FILE, ROOT), architectureText());
}

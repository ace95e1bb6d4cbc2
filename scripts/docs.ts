import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { pipelineDefinition } from '../infra/state-machine.ts';
import { Request } from '../lib/contract/request.ts';
import { ADVICE } from '../lib/contract/what-to-do.ts';
import { statePicture } from './state-picture.ts';

/*
 * What the docs take from the source: the request's JSON Schema, whose descriptions are the comments in lib/contract,
 * the request reference, the table of errors, and the picture of the state machine. `npm run docs` writes them anew.
 */

const ROOT = new URL('../', import.meta.url);

export const SCHEMA_FILE = 'docs/request.schema.json';
export const REFERENCE_FILE = 'docs/request.md';
export const ARCHITECTURE_FILE = 'docs/architecture.md';
export const OPERATIONS_FILE = 'docs/operations.md';

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
  const described = new Map<string, string>();
  const all = settings(schema);
  const shared = sharedWith(all, 'training.nemo_customizer', 'training.nemo_platform');
  const rows = sideBySide(all.filter((setting) => !shared.includes(setting))).map(
    ({ path, type, fallback, description, others }) => {
      const shown = fallback === undefined || fallback === null ? '' : `\`${JSON.stringify(fallback)}\``;
      // Some settings of the trainers are the same: each is described once.
      const earlier = described.get(description);
      if (description.length > LONG && earlier === undefined) described.set(description, path);
      const names = [path, ...others].map((name) => `\`${name}\``).join(', ');
      return `| ${names} | ${cell(type)} | ${shown} | ${earlier ? `as \`${earlier}\`` : cell(description)} |`;
    },
  );
  return `# Request

Generated from the schema in \`lib/contract\` by \`npm run docs\`. A request is JSON or YAML; \`--set name=value\` gives one setting.
A range without a type is of integers. For completion in an editor, begin \`request.yaml\` with
\`# yaml-language-server: $schema=request.schema.json\`. Keep [the schema](request.schema.json) beside it;
\`npm run --silent dpo -- schema\` prints it.

| setting | value | default | meaning |
|---|---|---|---|
${rows.join('\n')}

\`training.nemo_platform\` shares ${shared.map(({ path }) => `\`${path.replace('training.nemo_platform.', '')}\``).join(', ')}.
`;
}

/** Characters of a description that is worth a reference to where it is given. */
const LONG = 40;

/** The text of docs/operations.md: as it is, with the errors written anew. */
export const operationsText = (): string => filled(OPERATIONS_FILE, ERRORS_START, ERRORS_END, errorTable());

const ERRORS_START = '<!-- written from lib/contract/what-to-do.ts by `npm run docs` -->';
const ERRORS_END = '<!-- end of the errors -->';

/** Each error's name with its cause and cure, and how to start the run then. */
function errorTable(): string {
  return Object.entries(THEN)
    .map(([then, heading]) => {
      const errors = Object.entries(ADVICE).filter(([, { next }]) => next === then);
      const rows = [...Map.groupBy(errors, ([, { fix }]) => marked(fix))].map(
        ([text, same]) => `| ${same.map(([name]) => `\`${name}\``).join(', ')} | ${text} |`,
      );
      return `${heading}\n\n| error | cause and cure |\n|---|---|\n${rows.join('\n')}`;
    })
    .join('\n\n');
}

const THEN = {
  another: 'After these, start a new run, under another id:',
  again: 'After these, start the run again under the same id:',
  nothing: 'This one is a defect:',
} as const;

/** Settings, flags and commands as code. */
const marked = (text: string): string =>
  text.replace(/\b[a-z]+(?:\.[a-z_]+)+\b|--[a-z-]+|\b[a-z]+[A-Z]\w+\b|\bdpo run\b/g, '`$&`');

/** The text of docs/architecture.md: as it is, with the state machine drawn anew. */
export function architectureText(): string {
  const machine = pipelineDefinition({ partition: 'aws', collections: 'collections', functionArn: (step) => step });
  return filled(ARCHITECTURE_FILE, DRAWING_START, DRAWING_END, statePicture(machine).trimEnd());
}

const DRAWING_START = '<!-- drawn from infra/state-machine.ts by `npm run docs` -->';
const DRAWING_END = '<!-- end of the drawing -->';

/** The file's text with other words between the two comments. */
function filled(file: string, from: string, to: string, words: string): string {
  const text = readFileSync(new URL(file, ROOT), 'utf8');
  const [start, end] = [text.indexOf(from), text.indexOf(to)];
  if (start === -1 || end === -1) throw new Error(`${file} has no place "${from}".`);
  return `${text.slice(0, start + from.length)}\n\n${words}\n\n${text.slice(end)}`;
}

interface Setting {
  readonly path: string;
  readonly type: string;
  readonly fallback: unknown;
  readonly description: string;
}

/** Settings of a block that are the same in another one, which comes earlier. */
function sharedWith(all: readonly Setting[], earlier: string, later: string): Setting[] {
  const known = new Set(all.map((setting) => JSON.stringify(setting)));
  return all.filter(
    (setting) =>
      setting.path.startsWith(`${later}.`) &&
      known.has(JSON.stringify({ ...setting, path: setting.path.replace(later, earlier) })),
  );
}

/** Settings of one block with the same type, of which there is nothing more to say, share a row. */
function sideBySide(all: readonly Setting[]): (Setting & { readonly others: string[] })[] {
  const rows: (Setting & { readonly others: string[] })[] = [];
  const plain = new Map<string, string[]>();
  for (const setting of all) {
    const { path, type, fallback, description } = setting;
    const dot = path.lastIndexOf('.');
    const key = fallback === undefined && description === '' ? `${path.slice(0, dot)} ${type}` : path;
    const others = plain.get(key);
    if (others) {
      others.push(path.slice(dot));
      continue;
    }
    const row = { ...setting, others: [] };
    plain.set(key, row.others);
    rows.push(row);
  }
  return rows;
}

function settings(node: Node, path: readonly string[] = []): Setting[] {
  return Object.entries(propertiesOf(node)).flatMap(([name, below]) => {
    const here = [...path, name];
    const nested = settings(below, here);
    if (nested.length > 0 && !isList(below) && below.description === undefined) return nested;
    return [
      {
        path: here.join('.'),
        // The default shows that null is allowed.
        type:
          nested.length > 0 && !isList(below)
            ? blockType(below)
            : below.default === null
              ? typeText(below).replace(/ or null$/, '')
              : typeText(below),
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

/** A block, which a name may stand for (`source.format`). */
function blockType({ anyOf = [] }: Node): string {
  const text = anyOf.find(({ type }) => type === 'string');
  if (!text) return 'object';
  return text.enum ? 'name or object' : 'text or object';
}

const isList = (node: Node): boolean =>
  node.type === 'array' || (node.anyOf ?? []).some(({ type }) => type === 'array');

function typeText(node: Node): string {
  if (node.anyOf) return [...new Set(node.anyOf.map(typeText))].join(' or ');
  if (Array.isArray(node.enum)) return node.enum.map((value) => JSON.stringify(value)).join(', ');
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.type === 'array') return `list of ${node.items ? typeText(node.items) : 'values'}`;
  const kind =
    node.type === 'integer' ? 'integer' : [node.type ?? 'any JSON'].flat().join(' or ').replace('string', 'text');
  const bounds = boundsText(node);
  if (bounds === '') return kind;
  return kind === 'integer' ? bounds : `${kind}, ${bounds}`;
}

function boundsText({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Node): string {
  const [least, most] = [bound(minimum), bound(maximum)];
  if (least !== undefined && most !== undefined) return `${least}–${most}`;
  return [
    least === undefined ? '' : `≥ ${least}`,
    bound(exclusiveMinimum) === undefined ? '' : `> ${exclusiveMinimum}`,
    most === undefined ? '' : `≤ ${most}`,
    bound(exclusiveMaximum) === undefined ? '' : `< ${exclusiveMaximum}`,
  ]
    .filter((text) => text !== '')
    .join(', ');
}

/** Zod gives every integer the range of safe ones: that is no bound of ours. */
const bound = (value: unknown): number | undefined =>
  typeof value === 'number' && Math.abs(value) !== Number.MAX_SAFE_INTEGER ? value : undefined;

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
    // What a schema says of itself goes before the comment of another key of its name.
    if (description !== undefined && below.description === undefined) below.description = description;
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

if (import.meta.main) {
  writeFileSync(new URL(SCHEMA_FILE, ROOT), schemaText());
  writeFileSync(new URL(REFERENCE_FILE, ROOT), referenceText());
  writeFileSync(new URL(ARCHITECTURE_FILE, ROOT), architectureText());
  writeFileSync(new URL(OPERATIONS_FILE, ROOT), operationsText());
}

import * as z from 'zod';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What the schema takes, as JSON Schema. */
export const jsonSchemaOf = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { io: 'input' });

/** The schemas that may apply at `path`: several where a union stands on the way. */
export function schemasAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema[] {
  let places = alternatives(root);
  for (const segment of path) {
    places = places.flatMap((place) => {
      const below = typeof segment === 'number' ? place.items : place.properties?.[String(segment)];
      return below === undefined || Array.isArray(below) ? [] : alternatives(below);
    });
  }
  return places;
}

export const keysOf = (places: readonly JsonSchema[]): string[] => [
  ...new Set(places.flatMap((place) => Object.keys(place.properties ?? {}))),
];

/** Every setting below `root`, dotted. */
export function settingsBelow(root: JsonSchema, path: readonly string[] = []): string[] {
  return keysOf(schemasAt(root, path)).flatMap((key) => {
    const below = settingsBelow(root, [...path, key]);
    return [[...path, key].join('.'), ...below];
  });
}

/** "a whole number of at least 1, or null". */
export function describe(places: readonly JsonSchema[]): string {
  const kinds = [...new Set(places.map(describeOne))];
  return kinds.length > 2 ? kinds.join(', or ') : kinds.join(kinds.at(-1) === 'null' ? ', or ' : ' or ');
}

function describeOne(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  switch (schema.type) {
    case 'integer':
      return `a whole number${bounds(schema)}`;
    case 'number':
      return `a number${bounds(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return schema.minLength === undefined ? 'text' : 'text that is not empty';
    case 'array': {
      const items = schema.items === undefined || Array.isArray(schema.items) ? [] : alternatives(schema.items);
      return items.every((item) => item.enum || item.const !== undefined) && items.length > 0
        ? `a list of ${describe(items)}`
        : `a list${schema.minItems === undefined ? '' : ` of at least ${schema.minItems}`}`;
    }
    case 'object':
      return schema.required ? `an object with ${schema.required.map((key) => `"${key}"`).join(' and ')}` : 'an object';
    default:
      return schema.type === 'null' ? 'null' : 'another value';
  }
}

function bounds({ minimum, maximum }: JsonSchema): string {
  const upper = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const lower = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (lower !== undefined && upper !== undefined) return ` from ${lower} to ${upper}`;
  if (lower !== undefined) return ` of at least ${lower}`;
  return upper === undefined ? '' : ` of at most ${upper}`;
}

function alternatives(schema: z.core.JSONSchema._JSONSchema): JsonSchema[] {
  if (typeof schema === 'boolean') return [];
  return schema.anyOf ? schema.anyOf.flatMap(alternatives) : [schema];
}

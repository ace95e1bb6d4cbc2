import * as z from 'zod';
import { laxFloat, laxInt } from '../lib/sources/formats/nat/lax.ts';
import { natBoolean } from './nat-boolean.ts';
import { isSettings } from './settings.ts';

export interface ReadAsNat {
  readonly value: unknown;
  /** Members that NAT has not, from the value on: it ignores them. */
  readonly unknown: readonly string[];
}

/**
 * The value as pydantic's lax mode takes it for a setting of this schema: text of a number is one, and so on. What it would
 * refuse stays as it is, for the request's schema to refuse by name.
 */
export function readAsNat(value: unknown, schema: z.core.$ZodType): ReadAsNat {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject && isSettings(value)) return readMembers(value, inner);
  return { value: readScalar(value, inner) ?? value, unknown: [] };
}

function readMembers(value: Readonly<Record<string, unknown>>, schema: z.ZodObject): ReadAsNat {
  const members: [string, unknown][] = [];
  const unknown: string[] = [];
  for (const [name, found] of Object.entries(value)) {
    const member: z.core.$ZodType | undefined = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    if (!member) {
      unknown.push(name);
      continue;
    }
    const read = readAsNat(found, member);
    members.push([name, read.value]);
    unknown.push(...read.unknown.map((below) => `${name}.${below}`));
  }
  return { value: Object.fromEntries(members), unknown };
}

function readScalar(value: unknown, schema: z.core.$ZodType): unknown {
  if (schema instanceof z.ZodBoolean) return natBoolean(value);
  if (!(schema instanceof z.ZodNumber)) return undefined;
  return schema.isInt ? laxInt(value) : laxFloat(value);
}

/** Whether the schema takes null. */
export const takesNull = (schema: z.ZodType): boolean => schema.safeParse(null).success;

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodOptional
    ? unwrap(schema.unwrap())
    : schema;
}

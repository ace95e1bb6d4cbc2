/**
 * A switch as NAT reads it: YAML 1.1's words and what pydantic's lax mode takes for a boolean. Undefined where NAT
 * refuses the value.
 */
export function natBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  // NAT puts variables in before it reads the YAML, which drops white space around a word.
  const word = String(value).trim().toLowerCase();
  if (TRUE.has(word)) return true;
  return FALSE.has(word) ? false : undefined;
}

const TRUE = new Set(['1', 't', 'true', 'y', 'yes', 'on']);
const FALSE = new Set(['0', 'f', 'false', 'n', 'no', 'off']);

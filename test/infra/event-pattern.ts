import * as z from 'zod';

/** EventBridge's matching, of the operators that the rule uses: fields, exact values, `wildcard`. Throws at others. */
export function matches(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some((each) => matchesValue(each, event));
  const fields = z.record(z.string(), z.unknown());
  return Object.entries(fields.parse(pattern)).every(([name, inner]) => {
    const value = fields.safeParse(event).data?.[name];
    return value !== undefined && matches(inner, value);
  });
}

function matchesValue(wanted: unknown, value: unknown): boolean {
  if (typeof wanted === 'string') return wanted === value;
  const { wildcard } = z.strictObject({ wildcard: z.string() }).parse(wanted);
  // A backslash takes the special meaning from a star or a backslash.
  const source = wildcard.replaceAll(/\\([\\*])|\*|[^\\*]/g, (part, plain) => {
    return part === '*' ? '.*' : RegExp.escape(plain ?? part);
  });
  return typeof value === 'string' && new RegExp(`^${source}$`, 's').test(value);
}

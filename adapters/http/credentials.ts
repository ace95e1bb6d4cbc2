import * as z from 'zod';
import { jsonOrUndefined } from '../../lib/contract/json-or-undefined.ts';
import { SecretUnavailable } from '../../lib/stages/http.ts';

/**
 * The headers that a secret stands for: a JSON object of text is headers by name, anything else a bearer token.
 * `name` is for messages; the secret itself is in none.
 */
export function credentialHeaders(secret: string, name: string): Readonly<Record<string, string>> {
  const json = secret.trimStart().startsWith('{') ? jsonOrUndefined(secret) : undefined;
  const headers = json === undefined ? { authorization: `Bearer ${secret.trim()}` } : json;
  const checked = Headers.safeParse(headers);
  if (!checked.success || secret.trim() === '') {
    throw new SecretUnavailable(
      `the secret ${name} must be a bearer token or a JSON object of headers (names and values in plain ASCII)`,
    );
  }
  return checked.data;
}

/** Blots the credentials out of a text, with and without their scheme (`Bearer`), also as JSON writes them. */
export function redactor(values: readonly string[]): (text: string) => string {
  const secrets = values
    .flatMap((value) => [value, value.replace(/^\S+ +/, '')])
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    // Too short to be a secret, and sure to be part of something else.
    .filter((value) => value.length >= 8)
    // The longest first: a shorter one would leave the rest of it.
    .toSorted((a, b) => b.length - a.length);
  return (text) => secrets.reduce((redacted, secret) => redacted.replaceAll(secret, '[redacted]'), text);
}

const Headers = z.record(
  z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]+$/)
    .toLowerCase(),
  z.string().regex(/^[\x20-\x7e]+$/),
);

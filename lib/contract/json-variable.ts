import * as z from 'zod';

/** A value that comes as JSON text: in an environment variable, on a command line, in a message. */
export const jsonVariable = <Schema extends z.ZodType>(schema: Schema) => z.string().transform(parseJson).pipe(schema);

/** The value of JSON text; undefined where it is none. */
export const tryParseJson = (text: string): unknown => AnyJson.safeParse(text).data;

const AnyJson = jsonVariable(z.unknown());

/** The value of JSON text; an issue where it is none. */
export function parseJson(text: string, { addIssue }: Pick<z.RefinementCtx, 'addIssue'>): unknown {
  try {
    return JSON.parse(text);
  } catch {
    addIssue({ code: 'custom', message: `must be JSON, but is ${text}` });
    return z.NEVER;
  }
}

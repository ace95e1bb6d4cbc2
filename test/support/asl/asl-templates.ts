import * as z from 'zod';

/**
 * Paths, intrinsic functions and payload templates as far as the tests' interpreter evaluates them the way Step
 * Functions does. What a schema here does not take is refused before anything runs.
 */

const FIELDS = String.raw`(?:\.[A-Za-z_][A-Za-z0-9_-]*)*`;

/** `$`, or a field below it. */
export const Path = z.string().regex(new RegExp(`^\\$${FIELDS}$`), 'only paths such as $.a.b are implemented');

/** A field of the state's input to put a result in. */
export const FieldPath = z
  .string()
  .regex(new RegExp(`^\\$(?!$)${FIELDS}$`), 'only paths such as $.a.b are implemented here');

/** Where a template stands: it decides which of the context object's paths have a value. */
export type Place = 'machine' | 'item-selector' | 'child';

const CONTEXT: Readonly<Record<Place, RegExp | undefined>> = {
  machine: /^\$\$\.Execution\.(?:Name|Input)$/,
  'item-selector': new RegExp(`^\\$\\$\\.(?:Execution\\.Name|Map\\.Item\\.Index|Map\\.Item\\.Value${FIELDS})$`),
  // A child execution has a name of its own on AWS, and none here.
  child: undefined,
};

/** A path or an intrinsic function: the value of a field whose name ends in `.$`. */
export const expression = (place: Place) =>
  z.string().refine((text) => isPath(text, place) || isIntrinsic(text, place), {
    error: ({ input }) => `${JSON.stringify(input)} is not implemented`,
  });

/** `ResultSelector`, `ItemSelector`, a `Payload`: JSON in which each field whose name ends in `.$` is evaluated. */
export const template = (place: Place) =>
  z.json().superRefine((value, context) => {
    for (const { path, message } of faults(value, place)) context.addIssue({ code: 'custom', message, path });
  });

export type Json = z.infer<ReturnType<typeof z.json>>;

function* faults(value: Json, place: Place, at: string[] = []): Generator<{ path: string[]; message: string }> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    const path = [...at, name];
    if (!name.endsWith('.$')) yield* faults(inner, place, path);
    else for (const { message } of expression(place).safeParse(inner).error?.issues ?? []) yield { path, message };
  }
}

const isPath = (text: string, place: Place): boolean =>
  Path.safeParse(text).success || CONTEXT[place]?.test(text) === true;

// The interpreter drops backslashes from what a function returns, and a function within a function is more than any
// definition here needs.
const INTRINSIC = /^States\.(?:Format|StringToJson)\(([^()\\]+)\)$/;
const LITERAL = /^'[^',]*'$/;

function isIntrinsic(text: string, place: Place): boolean {
  const given = INTRINSIC.exec(text)?.[1];
  return given?.split(',').every((each) => LITERAL.test(each.trim()) || isPath(each.trim(), place)) === true;
}

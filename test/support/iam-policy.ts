import * as z from 'zod';

const listed = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

/** Values by condition key. */
const Named = z.record(z.string(), z.string());

/** A statement, of the few kinds that the stack writes: any other is an error and not a right that nobody noticed. */
export const Statement = z.strictObject({
  Effect: z.literal('Allow'),
  Action: listed,
  Resource: listed,
  Condition: z.strictObject({ StringEquals: Named.optional(), StringLikeIfExists: Named.optional() }).optional(),
});
export type Statement = z.infer<typeof Statement>;

const Policy = z.object({ Roles: z.array(z.string()), PolicyDocument: z.object({ Statement: z.array(Statement) }) });

/** Every role's statements, from the properties of the template's `AWS::IAM::Policy` resources. */
export function statementsByRole(policies: readonly unknown[]): Readonly<Record<string, readonly Statement[]>> {
  const byRole: Record<string, readonly Statement[]> = {};
  for (const policy of policies) {
    const { Roles, PolicyDocument } = Policy.parse(policy);
    for (const role of Roles) byRole[role] = [...(byRole[role] ?? []), ...PolicyDocument.Statement];
  }
  return byRole;
}

/** One action on one resource, and what conditions may ask about it. */
export interface Access {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** IAM's answer: no statement denies, so one that allows is enough. */
export const isAllowed = (statements: readonly Statement[], { action, resource, context = {} }: Access): boolean =>
  statements.some(
    ({ Action, Resource, Condition }) =>
      Action.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
      Resource.some((pattern) => matches(pattern, resource)) &&
      Object.entries(Condition?.StringEquals ?? {}).every(([key, value]) => context[key] === value) &&
      Object.entries(Condition?.StringLikeIfExists ?? {}).every(([key, pattern]) =>
        matches(pattern, context[key] ?? pattern),
      ),
  );

/** `*` is any text, slashes too, and `?` is any character. */
function matches(pattern: string, text: string): boolean {
  const expression = RegExp.escape(pattern).replaceAll('\\*', '.*').replaceAll('\\?', '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}

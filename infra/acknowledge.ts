import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import * as z from 'zod';

/** Tells those who audit the stack (with cdk-nag) why a rule is not followed at this construct and within it. */
export function acknowledge(at: IConstruct, rule: string, reason: string): void {
  Validations.of(at).acknowledge({ id: rule, reason });
}

/** As {@link acknowledge}, of the rule against wildcards: a finding of it is about one resource. */
export function acknowledgeWildcards(at: IConstruct, resources: readonly string[], reason: string): void {
  for (const resource of resources) {
    const found = inFinding(Stack.of(at).resolve(resource));
    if (found.includes('*')) acknowledge(at, `AwsSolutions-IAM5[Resource::${found}]`, reason);
  }
}

const Intrinsic = z.union([
  z.strictObject({ Ref: z.string() }),
  z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }),
  z.strictObject({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) }),
]);

/** A resource as cdk-nag writes it: `<TracesF050D86D.Arn>/*`. */
function inFinding(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const intrinsic = Intrinsic.parse(resource);
  if ('Ref' in intrinsic) return `<${intrinsic.Ref}>`;
  if ('Fn::GetAtt' in intrinsic) return `<${intrinsic['Fn::GetAtt'].join('.')}>`;
  return intrinsic['Fn::Join'][1].map(inFinding).join('');
}

import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { PipelineStack } from '../../infra/stack.ts';

const Synthesized = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.unknown(), DeletionPolicy: z.string().optional() }),
  ),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })),
});

export interface Resource {
  readonly name: string;
  readonly type: string;
  readonly deletion: string | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
}

export type Context = Readonly<Record<string, unknown>>;

/** A stack in the app; this project's own, with the app's context, unless said otherwise. */
export type MakeStack = (app: App) => Stack;

/** The stack as CloudFormation gets it, with what is known only on AWS in words: {@link inWords}. */
export function synthesize(context: Context = {}, makeStack: MakeStack = (app) => new PipelineStack(app, 'Stack')) {
  // Tests that look at the bundles make them; the rest do without.
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [], ...context } });
  const template = Synthesized.parse(Template.fromStack(makeStack(app)).toJSON());
  const resources = Object.entries(template.Resources).map(([id, { Type, Properties, DeletionPolicy }]): Resource => {
    const properties = z.record(z.string(), z.unknown()).parse(inWords(Properties));
    return { name: nameOf(id), type: Type, deletion: DeletionPolicy, properties };
  });
  const outputs = Object.fromEntries(
    Object.entries(template.Outputs).map(([name, { Value }]) => [name, inWords(Value)]),
  );
  return { app, outputs, all: (type: string) => resources.filter((each) => each.type === type) };
}

const Reference = z.strictObject({ Ref: z.string() });
const Attribute = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const Join = z.strictObject({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) });

const Select = z.strictObject({
  'Fn::Select': z.tuple([z.number(), z.strictObject({ 'Fn::Split': z.tuple([z.string(), z.unknown()]) })]),
});

/** CloudFormation's functions by what they stand for: `Traces`, `Traces.Arn`, `Region`; joined text joined. */
function inWords(value: unknown): unknown {
  const reference = Reference.safeParse(value);
  if (reference.success) return nameOf(reference.data.Ref);
  const attribute = Attribute.safeParse(value);
  if (attribute.success) return attribute.data['Fn::GetAtt'].map(nameOf).join('.');
  const join = Join.safeParse(value);
  if (join.success) return join.data['Fn::Join'][1].map(inWords).join('');
  const select = Select.safeParse(value);
  if (select.success) {
    const [
      at,
      {
        'Fn::Split': [by, text],
      },
    ] = select.data['Fn::Select'];
    return `${at} of ${inWords(text)} split at ${by}`;
  }
  if (Array.isArray(value)) return value.map(inWords);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inWords(inner)]));
}

/** A logical id without the digest at its end. */
const nameOf = (id: string): string => id.replace(/^AWS::/, '').replace(/[0-9A-F]{8}$/, '');

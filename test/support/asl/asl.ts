import * as z from 'zod';
import { expression, FieldPath, Path, type Place, template } from './asl-templates.ts';

/**
 * The Amazon States Language as far as the tests' interpreter implements it. A state type, field, resource, path or intrinsic
 * function that is not here is refused: the interpreter beneath takes and ignores much that it does not know.
 */

/** The definition asks for something that the interpreter does not implement: it would not run as it does on AWS. */
export class UnsupportedDefinition extends Error {
  override readonly name = 'UnsupportedDefinition';
}

export const LAMBDA = 'arn:aws:states:::lambda:invoke';
export const GET_OBJECT = 'arn:aws:states:::aws-sdk:s3:getObject';
export const PUT_OBJECT = 'arn:aws:states:::aws-sdk:s3:putObject';

/** Longer than this, a timer of Node's fires at once. */
export const MOST_SECONDS = 2_000_000;
const Seconds = z.int().min(1).max(MOST_SECONDS);

const Comment = z.string().optional();

const ErrorEquals = z.array(z.string()).min(1);
// It covers what fails in a task; the interpreter runs a map as if it were one.
const MapErrorEquals = z
  .array(z.string().refine((name) => name !== 'States.TaskFailed', 'States.TaskFailed does not match a Map'))
  .min(1);

const failing = (errors: typeof ErrorEquals | typeof MapErrorEquals) => ({
  Retry: z
    .array(
      z.strictObject({
        Comment,
        ErrorEquals: errors,
        IntervalSeconds: Seconds.optional(),
        BackoffRate: z.number().min(1).optional(),
        MaxAttempts: z.int().min(0).optional(),
        MaxDelaySeconds: Seconds.optional(),
        JitterStrategy: z.enum(['NONE', 'FULL']).optional(),
      }),
    )
    .optional(),
  Catch: z
    .array(z.strictObject({ Comment, ErrorEquals: errors, ResultPath: FieldPath.optional(), Next: z.string() }))
    .optional(),
});

const inOut = { Comment, InputPath: Path.optional(), OutputPath: Path.optional() };
const onward = { Next: z.string().optional(), End: z.literal(true).optional() };
const ResultPath = FieldPath.nullable().optional();

const task = (place: Place) => ({
  Type: z.literal('Task'),
  ...inOut,
  ResultSelector: template(place).optional(),
  ResultPath,
  // Not optional: left out, it is 99,999,999 seconds on AWS and 60 in the interpreter.
  TimeoutSeconds: Seconds,
  ...failing(ErrorEquals),
  ...onward,
});

const bucket = (place: Place) => ({ Bucket: z.string().optional(), 'Bucket.$': expression(place).optional() });
const key = (place: Place) => ({ Key: z.string().optional(), 'Key.$': expression(place).optional() });
const Result = z.json().refine(Boolean, 'a falsy Result is not implemented');

/** Its ARN, or what stands for it. */
const FunctionName = z.string().min(1);

const tasks = (place: Place) =>
  z.discriminatedUnion('Resource', [
    z.strictObject({
      ...task(place),
      Resource: z.literal(LAMBDA),
      Parameters: z.strictObject({
        FunctionName,
        Payload: template(place).optional(),
        'Payload.$': expression(place).optional(),
      }),
    }),
    z.strictObject({
      ...task(place),
      Resource: z.literal(GET_OBJECT),
      Parameters: z.strictObject({ ...bucket(place), ...key(place) }),
    }),
    z.strictObject({
      ...task(place),
      Resource: z.literal(PUT_OBJECT),
      Parameters: z.strictObject({ ...bucket(place), ...key(place), Body: template(place) }),
    }),
  ]);

const ChoiceState = z.strictObject({
  Type: z.literal('Choice'),
  ...inOut,
  Choices: z
    .array(
      z.strictObject({
        Comment,
        Variable: Path,
        StringEquals: z.string().optional(),
        StringMatches: z.string().optional(),
        NumericEquals: z.number().optional(),
        NumericGreaterThan: z.number().optional(),
        NumericLessThan: z.number().optional(),
        BooleanEquals: z.boolean().optional(),
        IsPresent: z.literal(true).optional(),
        Next: z.string(),
      }),
    )
    .min(1),
  Default: z.string().optional(),
});

const WaitState = z.strictObject({
  Type: z.literal('Wait'),
  ...inOut,
  Seconds: Seconds.optional(),
  SecondsPath: Path.optional(),
  ...onward,
});

const passState = (place: Place) =>
  z.strictObject({
    Type: z.literal('Pass'),
    ...inOut,
    Parameters: template(place).optional(),
    // The interpreter takes a falsy one for none.
    Result: Result.optional(),
    ResultPath,
    ...onward,
  });

const SucceedState = z.strictObject({ Type: z.literal('Succeed'), ...inOut });

const FailState = z.strictObject({
  Type: z.literal('Fail'),
  Comment,
  Error: z.string().optional(),
  ErrorPath: Path.optional(),
  Cause: z.string().optional(),
  CausePath: Path.optional(),
});

const simpleStates = (place: Place) =>
  [tasks(place), ChoiceState, WaitState, passState(place), SucceedState, FailState] as const;

const Child = z.strictObject({
  Comment,
  ProcessorConfig: z.strictObject({ Mode: z.literal('DISTRIBUTED'), ExecutionType: z.literal('STANDARD') }),
  StartAt: z.string(),
  States: z.record(z.string(), z.discriminatedUnion('Type', simpleStates('child'))),
});

export const DistributedMap = z.strictObject({
  Type: z.literal('Map'),
  Comment,
  // A name for the map's executions in ARNs.
  Label: z.string().optional(),
  InputPath: Path.optional(),
  ItemReader: z.strictObject({
    Resource: z.literal('arn:aws:states:::s3:getObject'),
    ReaderConfig: z.strictObject({ InputType: z.literal('JSON') }),
    Parameters: z.strictObject({ ...bucket('machine'), ...key('machine') }),
  }),
  ItemSelector: template('item-selector').optional(),
  MaxConcurrency: z.int().min(0).optional(),
  MaxConcurrencyPath: Path.optional(),
  ToleratedFailurePercentage: z.literal(0).optional(),
  ToleratedFailureCount: z.literal(0).optional(),
  ItemProcessor: Child,
  // Written on AWS, for people to look at; here the events say as much. Nothing reads it, so null is the only path.
  ResultWriter: z.strictObject({
    Resource: z.literal('arn:aws:states:::s3:putObject'),
    Parameters: z.strictObject({
      ...bucket('machine'),
      Prefix: z.string().optional(),
      'Prefix.$': expression('machine').optional(),
    }),
  }),
  ResultPath: z.null(),
  ...failing(MapErrorEquals),
  ...onward,
});
export type DistributedMap = z.infer<typeof DistributedMap>;

export const Definition = z.strictObject({
  Comment,
  StartAt: z.string(),
  TimeoutSeconds: Seconds.optional(),
  States: z.record(z.string(), z.discriminatedUnion('Type', [...simpleStates('machine'), DistributedMap])),
});
export type Definition = z.infer<typeof Definition>;

/** A definition, or what a map runs for each item. */
export type States = Definition['States'];

/** The definition, every field of it known; throws {@link UnsupportedDefinition} with all that is not. */
export function supported(definition: unknown): Definition {
  const parsed = Definition.safeParse(definition);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap(told);
  throw new UnsupportedDefinition(
    `The interpreter does not implement all of this state machine, so it would not run as on AWS. ${faults.join('; ')}.`,
    { cause: parsed.error },
  );
}

function told(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => `${[...issue.path, name].join('.')} is not implemented`);
  }
  return [`${issue.path.join('.')}: ${issue.message}`];
}

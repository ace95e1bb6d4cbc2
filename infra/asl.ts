/** As much of the Amazon States Language as the pipeline uses. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type Template = Readonly<Record<string, Json>>;

export interface Machine {
  readonly Comment?: string;
  readonly TimeoutSeconds?: number;
  readonly StartAt: string;
  readonly States: States;
}
export type States = Readonly<Record<string, State>>;

export type State = Task | DistributedMap | Choice | Wait | Pass | Succeed | Fail;

interface Failing {
  readonly Retry?: readonly Retrier[];
  readonly Catch: readonly Catcher[];
}

export interface Task extends Failing {
  readonly Type: 'Task';
  readonly Comment?: string;
  readonly Resource: string;
  readonly Parameters: Template;
  readonly ResultSelector?: Template;
  readonly ResultPath?: string | null;
  readonly OutputPath?: string;
  readonly TimeoutSeconds: number;
  readonly Next?: string;
  readonly End?: true;
}

export interface DistributedMap extends Failing {
  readonly Type: 'Map';
  readonly Comment?: string;
  readonly Label: string;
  readonly ItemReader: Template;
  readonly ItemSelector: Template;
  readonly MaxConcurrencyPath: string;
  readonly ItemProcessor: Machine & { readonly ProcessorConfig: Template };
  readonly ResultWriter: Template;
  readonly ResultPath: null;
  readonly Next: string;
}

export interface Choice {
  readonly Type: 'Choice';
  readonly Choices: readonly ChoiceRule[];
  readonly Default: string;
}
export interface ChoiceRule {
  readonly Variable: string;
  readonly StringEquals?: string;
  readonly StringMatches?: string;
  readonly BooleanEquals?: boolean;
  readonly Next: string;
}

export interface Wait {
  readonly Type: 'Wait';
  readonly SecondsPath: string;
  readonly Next: string;
}

export interface Pass {
  readonly Type: 'Pass';
  readonly Comment?: string;
  readonly InputPath?: string;
  readonly Parameters?: Template;
  readonly Next?: string;
  readonly End?: true;
}

export interface Succeed {
  readonly Type: 'Succeed';
}

export interface Fail {
  readonly Type: 'Fail';
  readonly Comment: string;
  readonly ErrorPath: string;
  readonly CausePath: string;
}

export interface Retrier {
  readonly Comment?: string;
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds?: number;
  readonly MaxAttempts: number;
  readonly JitterStrategy?: 'FULL';
}

interface Catcher {
  readonly ErrorEquals: readonly ['States.ALL'];
  readonly ResultPath?: string;
  readonly Next: string;
}

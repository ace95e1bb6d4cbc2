import { pipelineDefinition } from '../../infra/state-machine.ts';
import { type Definition, supported } from './asl/asl.ts';

/** The real one, with each step's name in the place of its function's ARN. */
export const PIPELINE: Definition = supported(
  JSON.parse(
    JSON.stringify(pipelineDefinition({ partition: 'aws', collections: 'collections', functionArn: (step) => step })),
  ),
);

/** The pipeline from a state on: those that it can come to, some of them replaced. */
export function pipelineFrom(StartAt: string, replaced: Definition['States'] = {}): Definition {
  const states = { ...PIPELINE.States, ...replaced };
  const reached = new Map<string, Definition['States'][string]>();
  const reach = (name: string): void => {
    const state = states[name];
    if (!state || reached.has(name)) return;
    reached.set(name, state);
    for (const next of waysOn(state)) reach(next);
  };
  reach(StartAt);
  return { StartAt, States: Object.fromEntries(reached) };
}

/** The states that this one names. */
function waysOn(state: Definition['States'][string]): string[] {
  const next = 'Next' in state && state.Next !== undefined ? [state.Next] : [];
  const caught = 'Catch' in state ? (state.Catch ?? []) : [];
  const chosen = state.Type === 'Choice' ? state.Choices : [];
  const otherwise = state.Type === 'Choice' && state.Default !== undefined ? [state.Default] : [];
  return [...next, ...otherwise, ...[...caught, ...chosen].map(({ Next }) => Next)];
}

import { readFileSync } from 'node:fs';
import { type Definition, supported } from '../../cli/local/asl.ts';

/** The real one. */
export const PIPELINE: Definition = supported(
  JSON.parse(readFileSync(new URL('../../infra/pipeline.asl.json', import.meta.url), 'utf8')),
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

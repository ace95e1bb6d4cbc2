/*
 * Why NAT's traces hold no candidates, and the setting of NAT that gives them. test/peers/nat holds each against files that
 * NAT wrote so.
 */

const FILTER = 'eval.general.output.workflow_output_step_filter';
const AGAIN = `Set ${FILTER}: [TTC_END] (or [] for all steps) and evaluate again.`;

export const ATIF_EXPORT =
  "NAT's ATIF export (workflow_output_atif.json), which holds no TTC steps: give workflow_output.json instead";

export const NO_CANDIDATES = {
  atif: `This looks like ${ATIF_EXPORT}.`,
  noSteps: `The items' lists of steps are empty: NAT's default filter keeps LLM_END and TOOL_END and drops TTC_END. ${AGAIN} A workflow that was interrupted leaves no steps either.`,
  otherSteps: (types: string): string =>
    `The steps are ${types} only: TTC_END is filtered out, as by NAT's default. ${AGAIN}`,
  renamed: (steps: string): string =>
    `The steps are in ${steps}: set source.nat_keys.trajectory_key to that key, or give the configuration that renamed it (--nat-config).`,
  missing: (keys: string): string =>
    `The items have no list of steps under the key that source.nat_keys.trajectory_key names (intermediate_steps by default). Their keys are ${keys}.`,
} as const;

/** What an element of the array is that NAT writes where the dataset's structure is disabled. */
export const BARE_ANSWER =
  'it is text, not an object; NAT writes bare answers where eval.general.dataset.structure.disable is true';

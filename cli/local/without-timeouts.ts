import { MOST_SECONDS } from './asl.ts';

/**
 * The state machine with no task given up for its time. Its timeouts stand a minute behind that of Lambda, which stops a
 * function for sure; this process goes on, and a task given up would be done a second time beside the first.
 */
export const withoutTimeouts = (definition: unknown): unknown =>
  JSON.parse(JSON.stringify(definition), (name, value) => (name === 'TimeoutSeconds' ? MOST_SECONDS : value));

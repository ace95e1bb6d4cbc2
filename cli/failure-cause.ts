import { z } from 'zod';

/** What Lambda makes of an error that a handler throws: the Cause of the failed state, as JSON text. */
const LambdaCause = z.object({ errorMessage: z.string() });

/** The message in a failed execution's Cause: out of Lambda's JSON, or the Cause itself. */
export function plainCause(cause: string): string {
  try {
    return LambdaCause.parse(JSON.parse(cause)).errorMessage;
  } catch {
    return cause;
  }
}

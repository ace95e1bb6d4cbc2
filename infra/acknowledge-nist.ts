import type { IConstruct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** What NIST's rules find of the pipeline, and why it is left as it is. */
export function acknowledgeNist(pipeline: IConstruct, { encrypted }: { readonly encrypted: boolean }): void {
  for (const [rule, reason] of Object.entries(REASONS)) acknowledge(pipeline, `NIST.800.53.R5-${rule}`, reason);
  if (!encrypted) acknowledge(pipeline, 'NIST.800.53.R5-CloudWatchLogGroupEncrypted', NO_KEY);
}

const REASONS = {
  IAMNoInlinePolicy:
    "Each policy is one role's own and names what its step needs: as a managed policy it could be attached to another role.",
  LambdaConcurrency:
    'Reserved concurrency is taken from the whole account, so the owner of the stack sets it (reservedConcurrency) for the functions that maps call; without it, ceilings.maxConcurrency bounds what one run calls at once. A run calls each of the other functions once at a time.',
  LambdaInsideVPC:
    "The functions reach AWS's services and the stack's allowedEndpoints, over TLS or where the owner lists plain http; every connection is checked against that list. None of them has an address that could be reached.",
  LambdaDLQ:
    'The state machine waits for the answer of its functions: a failure is retried there, and ends the run under its name. Dead letters exist for asynchronous invocations only; the one function with such invocations has a queue.',
};

const NO_KEY =
  "CloudWatch's own key encrypts logs, which hold counts, settings and names of runs; with encryptionKey the owner's key does.";

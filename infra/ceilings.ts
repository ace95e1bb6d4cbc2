import { Ceilings, DEFAULT_CEILINGS, type SetCeilings } from '../lib/contract/ceilings.ts';

export interface CeilingProps {
  readonly ceilings?: SetCeilings | undefined;
  readonly reservedConcurrency?: number | undefined;
}

/** The ceilings of the stack. Fails the synth where they, or the concurrency that is set aside, make no sense. */
export function ceilingsOf({ ceilings = {}, reservedConcurrency: reserved }: CeilingProps): Ceilings {
  if (reserved !== undefined && !(Number.isInteger(reserved) && reserved >= LEAST)) {
    throw new Error(
      `reservedConcurrency is ${reserved}: it must be a whole number of at least ${LEAST}, because a run asks a workflow for that many examples at once by default.`,
    );
  }
  const { maxConcurrency: asked } = ceilings;
  if (reserved !== undefined && asked !== undefined && asked > reserved) {
    throw new Error(
      `ceilings.maxConcurrency is ${asked}, and reservedConcurrency ${reserved}: Lambda would throttle the children beyond that. Lower ceilings.maxConcurrency, or raise reservedConcurrency.`,
    );
  }
  // No run may ask for more children at once than are set aside.
  const maxConcurrency = Math.min(DEFAULT_CEILINGS.maxConcurrency, reserved ?? Number.POSITIVE_INFINITY);
  const checked = Ceilings.safeParse({ ...DEFAULT_CEILINGS, maxConcurrency, ...ceilings });
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new Error(`${['ceilings', ...(issue?.path ?? [])].map(String).join('.')}: ${issue?.message}.`);
}

const LEAST = 8;

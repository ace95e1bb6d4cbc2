import { laxFloat } from './formats/nat/lax.ts';
import { kindOf } from './json/kind-of.ts';
import type { SourceLoss, SourceScore } from './source-candidate.ts';

/** A number, or text that is one. `name` is what the source calls it. Python's NaN is null by now, but for some keys. */
export function readScore(found: unknown, name: string): SourceScore {
  if (found === undefined || found === null)
    return lost('missing_score', `${name} is ${found === null ? 'null or NaN' : 'missing'}`);
  const value = typeof found === 'boolean' ? undefined : laxFloat(found);
  if (value === undefined)
    return lost('invalid_score', `${name} is ${kindOf(found)}; it must be a number or numeric text`);
  return Number.isFinite(value) ? { value } : lost('score_not_finite', `${name} is not a finite number`);
}

const lost = (reason: string, detail: string): { readonly loss: SourceLoss } => ({ loss: { reason, detail } });

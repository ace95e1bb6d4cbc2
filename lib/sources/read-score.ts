import { laxFloat } from './formats/nat/lax.ts';
import { kindOf } from './json/kind-of.ts';
import { lost, type SourceScore } from './source-candidate.ts';

/** A number, or text that is one. `name` is what the source calls it. Python's NaN is null by now, but for some keys. */
export function readScore(found: unknown, name: string): SourceScore {
  if (found === undefined || found === null) {
    return { loss: lost('missing_score', `${name} is ${found === null ? 'null or NaN' : 'missing'}`) };
  }
  const value = typeof found === 'boolean' ? undefined : laxFloat(found);
  if (value === undefined) {
    return { loss: lost('invalid_score', `${name} is ${kindOf(found)}; it must be a number or numeric text`) };
  }
  return Number.isFinite(value) ? { value } : { loss: lost('score_not_finite', `${name} is not a finite number`) };
}

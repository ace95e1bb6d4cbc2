import * as z from 'zod';
import type { ReportSample } from './input.ts';
import { reservoir } from './reservoir.ts';

/** As many points as a chart can show. */
const LENGTHS = 800;

const count = z.int().min(0);

const LengthPoint = z.strictObject({ hash: count, chosen: count, rejected: count });

/** Lengths of the responses of pairs: sums over all, and a sample of the pairs. */
export const LengthSample = z.strictObject({
  chosen_longer: count,
  rejected_longer: count,
  equal: count,
  chosen_sum: count,
  rejected_sum: count,
  points: z.array(LengthPoint).max(LENGTHS),
});
export type LengthSample = z.infer<typeof LengthSample>;

/** `share`: of the whole sample's size. */
export function openLengthSample(share = 1) {
  const sums = { chosen_longer: 0, rejected_longer: 0, equal: 0, chosen_sum: 0, rejected_sum: 0 };
  const points = reservoir<z.infer<typeof LengthPoint>>(Math.ceil(LENGTHS * share));
  return {
    add(chosen: number, rejected: number, hash: number): void {
      sums[chosen > rejected ? 'chosen_longer' : chosen < rejected ? 'rejected_longer' : 'equal'] += 1;
      sums.chosen_sum += chosen;
      sums.rejected_sum += rejected;
      if (points.admits(hash, hash)) points.keep(hash, { hash, chosen, rejected });
    },
    addKept({ points: kept, ...more }: LengthSample): void {
      for (const name of SUMS) sums[name] += more[name];
      for (const point of kept) points.keep(point.hash, point);
    },
    kept: (): LengthSample => ({ ...sums, points: points.kept() }),
  };
}

const SUMS = ['chosen_longer', 'rejected_longer', 'equal', 'chosen_sum', 'rejected_sum'] as const;

export function reportLengths(
  { points, chosen_sum, rejected_sum, ...counts }: LengthSample,
  pairs: number,
): ReportSample['lengths'] {
  return {
    ...counts,
    chosen_mean: pairs === 0 ? null : chosen_sum / pairs,
    rejected_mean: pairs === 0 ? null : rejected_sum / pairs,
    sample: points.map(({ chosen, rejected }) => ({ chosen, rejected })),
  };
}

import { estimate } from './arithmetic.ts';
import type { Figures } from './figures.ts';
import { collectionOf } from './finalize-time.ts';
import type { Job } from './job.ts';
import { AWS, SPEED } from './limits.ts';

/** The largest collection of which each call of Finalize is done in its time, of objects like the job's. */
export function largestCollection(job: Job, figures: Figures): ReturnType<typeof collectionOf> {
  const fits = (objects: number): boolean =>
    Math.max(...estimate({ ...job, objects }, figures).finalize) <= AWS.lambdaSeconds;
  let most = 1;
  while (fits(2 * most)) most *= 2;
  for (let step = most / 2; step >= 1; step /= 2) if (fits(most + step)) most += step;
  return collectionOf({ ...job, objects: most }, figures, SPEED);
}

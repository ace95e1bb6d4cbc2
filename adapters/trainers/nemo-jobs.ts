import * as z from 'zod';
import { TrainerRefused } from '../../lib/stages/training/errors.ts';
import type { Api } from './api.ts';

/** The job that `isIt` says, of those that NeMo lists at `path`. The latest first: the job in question is minutes old. */
export async function findListed<Job>(
  api: Api,
  path: string,
  job: z.ZodType<Job>,
  isIt: (job: Job) => boolean,
): Promise<Job | undefined> {
  const Page = z.looseObject({
    data: z.array(job),
    pagination: z.looseObject({ total_pages: z.int() }).nullish(),
  });
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { data, pagination } = await api.get(`${path}?page=${page}&page_size=${PAGE_SIZE}&sort=-created_at`, Page);
    const found = data.find(isIt);
    if (found !== undefined) return found;
    if (data.length === 0 || page >= (pagination?.total_pages ?? 1)) return undefined;
  }
  return undefined;
}

const PAGE_SIZE = 100;
/** 1,000 jobs that others submitted since. */
const MAX_PAGES = 10;

/** Of a job that is there and is none of this submission. `block` is of the settings: `nemo_customizer`. */
export function refuseTaken(host: string, block: string, outputModel: string): never {
  throw new TrainerRefused(
    `${host} already has a job for output_model ${outputModel}. Set another training.${block}.output_model, under a new run_id.`,
  );
}

import type { Step } from '../lib/contract/steps.ts';

/** MB of a function's memory. 1,769 are one whole vCPU: a step works in one thread, so more would gain nothing. */
export const STEP_MEMORY_MB = 1769;

/** GatherUploads lists and hashes names. */
export const GATHER_MEMORY_MB = 512;

/** What Choose may have. New accounts stop at the least; Lambda has no more than the most. */
export const CHOOSE_MEMORY_MB = { least: 3008, most: 10_240 } as const;

/** Bytes that Choose may hold of the pairs: 400 MB are for Node, the code and what is on its way from S3 and to it. */
export const roomToChoose = (memoryMb: number): number => (memoryMb - 400) * 1e6;

/** MB of each function; `choose` as the stack has it. */
export const memoryOf = (step: Step, choose: number = CHOOSE_MEMORY_MB.least): number =>
  step === 'Choose' ? choose : (SMALL[step] ?? STEP_MEMORY_MB);

/** They wait for others' answers. SubmitTraining is not among them: it hashes what it uploads. */
const SMALL: Readonly<Partial<Record<Step, number>>> = { CheckTraining: 512, DeployModel: 512, RecordFailure: 512 };

import { STEPS, type Step } from './steps.ts';

/** Names by which Lambda reports a function whose process ended in the middle of a call. */
export const KILLED = ['Runtime.ExitError', 'Runtime.OutOfMemory', 'Lambda.Unknown'] as const;

export const isKilled = (error: string): boolean => KILLED.some((name) => name === error);

/** The step whose function a state calls: a map's child has a name of its own. */
export const stepOf = (state: string | undefined): Step | undefined =>
  STEPS.find((step) => step === state) ?? CHILDREN[state ?? ''];

const CHILDREN: Readonly<Record<string, Step>> = {
  AskBatch: 'RunWorkflow',
  GroupSlice: 'GroupCandidates',
  WriteParts: 'WriteDatasets',
};

/** Lambda tells neither which function it was nor what memory it had. */
export const killedMessage = (step: Step, memoryMb: number, cause: string): string =>
  `The function ${step} (${memoryMb} MB of memory) was killed, most likely because that was too little: ${cause}`;

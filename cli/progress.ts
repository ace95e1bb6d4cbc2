import type { WriteStream } from 'node:tty';
import { oneLine } from './terminal.ts';
import { bytesInWords, counted } from './wording.ts';

/** How a run's progress is told. Every call may come from several shards at once. */
export interface Progress {
  /** A live workflow is asked: so many examples, in batches. */
  asking(plan: { readonly examples: number; readonly batches: number }): void;
  batchAsked(batch: { readonly answered: number; readonly failed: number }): void;
  planned(plan: { readonly shards: number; readonly inputs: number; readonly bytes: number }): void;
  shardBuilt(): void;
  finalizing(): void;
  /** Where the training job stands, in a sentence. */
  training(message: string): void;
  /** The run has failed in this place; the file that is named says more. The error itself is told elsewhere. */
  failed(place: string, file: string): void;
  /** Clears what is on the screen; called however the run ends. */
  stop(): void;
}

/** A bar on a terminal, lines elsewhere, nothing where `quiet`; on stderr, so that stdout holds the result alone. */
export async function createProgress(
  stream: NodeJS.WriteStream,
  { lines, quiet }: { readonly lines: boolean; readonly quiet: boolean },
): Promise<Progress> {
  if (quiet) return lineProgress(() => {});
  return stream.isTTY && !lines ? barProgress(stream) : lineProgress((line) => stream.write(`${oneLine(line)}\n`));
}

/** A line at the start, at each tenth of the batches and of the shards, and at the end. */
export function lineProgress(write: (line: string) => void): Progress {
  let batches = 0;
  let asked = 0;
  let failed = 0;
  let shards = 0;
  let built = 0;
  return {
    asking: (plan) => {
      batches = plan.batches;
      write(`Asking the workflow ${counted(plan.examples, 'example')} in ${counted(batches, 'batch', 'batches')}.`);
    },
    batchAsked: (batch) => {
      asked++;
      failed += batch.failed;
      if (!tenthPassed(asked, batches)) return;
      const without = failed === 0 ? '' : `, ${counted(failed, 'example')} without an answer`;
      write(`Asked ${asked} of ${counted(batches, 'batch', 'batches')}${without}.`);
    },
    planned: (plan) => {
      shards = plan.shards;
      const files = counted(plan.inputs, 'trace file');
      write(`Reading ${files} (${bytesInWords(plan.bytes)}) in ${counted(plan.shards, 'shard')}.`);
    },
    shardBuilt: () => {
      built++;
      if (tenthPassed(built, shards)) write(`Built ${built} of ${counted(shards, 'shard')}.`);
    },
    finalizing: () => write('Composing the collection.'),
    training: write,
    failed: (place, file) => write(failureLine(place, file)),
    stop: () => {},
  };
}

const failureLine = (place: string, file: string): string => `Failed in ${place}; ${file} says what to do.`;

const tenthPassed = (done: number, all: number): boolean =>
  Math.floor((done * 10) / all) > Math.floor(((done - 1) * 10) / all);

async function barProgress(stream: WriteStream): Promise<Progress> {
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format: '{bar} {value} of {total} {what}  {stage}',
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      // The bar's own SIGINT handler would end the process with code 0.
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  return {
    asking: ({ examples }) => bar.start(examples, 0, { what: 'examples', stage: 'asking the workflow' }),
    batchAsked: ({ answered, failed }) => bar.increment(answered + failed),
    planned: ({ shards, bytes }) => {
      // Of the workflow that was asked for these traces, if there was one.
      bar.stop();
      bar.start(shards, 0, { what: 'shards', stage: bytesInWords(bytes) });
    },
    shardBuilt: () => bar.increment(),
    finalizing: () => bar.update({ stage: 'composing the collection' }),
    // It may take days: what was said stays to be read.
    training: (message) => {
      bar.stop();
      stream.write(`${oneLine(message)}\n`);
    },
    failed: (place, file) => {
      bar.stop();
      stream.write(`${oneLine(failureLine(place, file))}\n`);
    },
    stop: () => bar.stop(),
  };
}

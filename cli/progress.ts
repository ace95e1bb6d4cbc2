import type { WriteStream } from 'node:tty';
import { oneLine } from './terminal.ts';
import { bytesInWords, counted, timeInWords } from './wording.ts';

/** A part of a run that takes time, by what it has to deal with. */
export interface Stage {
  /** What is done meanwhile: "reading". */
  readonly name: string;
  readonly unit: 'bytes' | 'examples';
  readonly total: number;
  /** How much of the total is dealt with; asked for a few times a second until the next stage begins. */
  readonly done: () => number;
}

/** What reports a run's progress. */
export interface Progress {
  /** A live workflow is asked: so many examples, in batches. */
  asking(plan: { readonly examples: number; readonly batches: number }): void;
  /** It has been asked all of them; so many are without an answer. */
  asked(outcome: { readonly failed: number }): void;
  planned(plan: { readonly shards: number; readonly inputs: number; readonly bytes: number }): void;
  stage(stage: Stage): void;
  /** Where the training job is, in a sentence. */
  training(message: string): void;
  /** The run has failed in this place; the file that is named says more. The error itself is reported elsewhere. */
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

/**
 * A line a second at most: when a percent more is done, so that a log of a long run stays short, or when ten seconds have
 * passed, so that it is seen to go on.
 */
export function lineProgress(write: (line: string) => void): Progress {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearInterval(timer);
  const line = (text: string) => {
    stop();
    write(text);
  };
  return {
    asking: ({ examples, batches }) =>
      line(`Asking the workflow ${counted(examples, 'example')} in ${counted(batches, 'batch', 'batches')}.`),
    asked: ({ failed }) => {
      if (failed > 0) line(`The workflow left ${counted(failed, 'example')} without an answer.`);
    },
    planned: (plan) => line(planLine(plan)),
    stage: (stage) => {
      stop();
      const begun = performance.now();
      let reported = { percent: 0, at: begun };
      timer = setInterval(() => {
        const { percent, words } = stateOf(stage, begun);
        const now = performance.now();
        if (percent === reported.percent && now - reported.at < QUIET_MS) return;
        reported = { percent, at: now };
        write(`${capitalized(stage.name)}${stage.total > 0 ? `: ${percent}% of ` : ', '}${words}.`);
      }, LINE_MS).unref();
    },
    training: line,
    failed: (place, file) => line(failureLine(place, file)),
    stop,
  };
}

const LINE_MS = 1000;
const QUIET_MS = 10_000;

async function barProgress(stream: WriteStream): Promise<Progress> {
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format: (options, { progress }, { text, known }) =>
        known ? `${cliProgress.Format.BarFormat(progress, options)} ${text}` : text,
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      // The bar's own SIGINT handler would end the process with code 0.
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearInterval(timer);
    bar.stop();
  };
  const line = (text: string) => {
    stop();
    stream.write(`${oneLine(text)}\n`);
  };
  return {
    asking: () => {},
    asked: () => {},
    planned: () => {},
    stage: (stage) => {
      stop();
      const begun = performance.now();
      const known = stage.total > 0;
      const payload = ({ percent, words }: StageState) => ({
        known,
        text: known ? `${percent}% ${stage.name}, ${words}` : `${stage.name}, ${words}`,
      });
      bar.start(Math.max(stage.total, 1), 0, payload(stateOf(stage, begun)));
      timer = setInterval(() => {
        const state = stateOf(stage, begun);
        bar.update(state.done, payload(state));
      }, BAR_MS).unref();
    },
    // It may take days: what was said stays to be read.
    training: line,
    failed: (place, file) => line(failureLine(place, file)),
    stop,
  };
}

const BAR_MS = 100;

const planLine = ({ shards, inputs, bytes }: Parameters<Progress['planned']>[0]): string =>
  `Reading ${counted(inputs, 'trace file')} (${bytesInWords(bytes)}) in ${counted(shards, 'shard')}.`;

const failureLine = (place: string, file: string): string => `Failed in ${place}; ${file} says what to do.`;

interface StageState {
  readonly done: number;
  readonly percent: number;
  /** Of how much, and how long the rest takes at the pace so far. */
  readonly words: string;
}

function stateOf({ unit, total, done: doneNow }: Stage, begun: number): StageState {
  const done = Math.min(doneNow(), total);
  const seconds = (performance.now() - begun) / 1000;
  const all = unit === 'bytes' ? bytesInWords(total) : counted(total, 'example');
  // A second shows no pace yet; and when all is read, there is no telling how long the thinking takes.
  const paced = done > 0 && done < total && seconds > 1;
  const time = paced ? `${timeInWords((seconds * (total - done)) / done)} left` : `${timeInWords(seconds)} so far`;
  if (total === 0) return { done, percent: 0, words: time };
  return { done, percent: Math.floor((100 * done) / total), words: `${all}, ${time}` };
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

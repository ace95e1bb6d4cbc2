import { PRICES } from '../cli/aws/prices.ts';
import { GATHER_MEMORY_MB } from '../functions/memory.ts';
import { GATHER_BATCH } from '../infra/gather-batch.ts';

import { table } from './pages/table.ts';

/** AWS's list prices in us-east-1, in US dollars, and what Lambda and S3 do; nobody measured these here. */
export const UPLOADS = {
  /** One of S3's, to EventBridge. */
  event: 1 / 1e6,
  queueRequest: 0.4 / 1e6,
  /** Of 1,000 keys. */
  listedPage: PRICES.write,
  keysInPage: 1_000,
  /** GatherUploads lists one in so long. */
  secondsOfPage: 0.1,
  /** Processes that read a queue, each of which collects a batch; they wait so long for a message. */
  pollers: 5,
  pollSeconds: 20,
  /** Messages that one request reads, or removes. */
  messagesOfRequest: 10,
  /** Of the shortest run that there is; a test counts them. */
  transitionsOfRun: 8,
} as const;

const HOUR_SECONDS = 3_600;
const MONTH_SECONDS = 30 * 24 * HOUR_SECONDS;

/** What it costs, in US dollars, to start runs of so many files of one folder that are uploaded within an hour. */
export function uploadCosts(files: number) {
  const events = files * UPLOADS.event;
  const transitions = UPLOADS.transitionsOfRun * PRICES.stateTransition;
  const started = (runs: number) => ({
    runs,
    events,
    transitions: runs * transitions,
    queue: 0,
    listing: 0,
    gather: 0,
  });
  // Each call has what a poller collected; none is longer than the folder then is, and most stop at its first late file.
  const full = Math.ceil(files / GATHER_BATCH.events);
  const timed = (UPLOADS.pollers * HOUR_SECONDS) / GATHER_BATCH.seconds;
  const calls = Math.min(files, Math.max(full, timed));
  const pages = calls * Math.ceil(files / UPLOADS.keysInPage);
  return {
    each: started(files),
    marker: started(1),
    quiet: {
      ...started(1),
      // Sent by itself, read and removed with others.
      queue: files * (1 + 2 / UPLOADS.messagesOfRequest) * UPLOADS.queueRequest,
      listing: pages * UPLOADS.listedPage,
      gather: pages * UPLOADS.secondsOfPage * (GATHER_MEMORY_MB / 1024) * PRICES.gibSecond,
    },
  };
}

/** In US dollars a month, with quiet minutes and no upload: the queue is asked all the same. */
export const idleQueueCosts = (): number =>
  (UPLOADS.pollers * MONTH_SECONDS * UPLOADS.queueRequest) / UPLOADS.pollSeconds;

const FILES = 100_000;

/** For the page: what each way of starting runs costs. */
export function uploadCostsTable(): string {
  const { each, marker, quiet } = uploadCosts(FILES);
  type Way = typeof each;
  const row = (what: string, of: (way: Way) => number) => [what, ...[each, marker, quiet].map(of).map(dollars)];
  const together = (way: Way): number => way.events + way.transitions + way.queue + way.listing + way.gather;
  return table(
    [`${FILES.toLocaleString('en')} files in an hour`, '`each`', 'marker', 'quiet minutes'],
    [
      ['runs', ...[each, marker, quiet].map(({ runs }) => runs.toLocaleString('en'))],
      row("S3's events, $", (way) => way.events),
      row('state transitions, $', (way) => way.transitions),
      row('gathering, $', (way) => way.queue + way.listing + way.gather),
      row('together, $', together),
    ],
  );
}

const dollars = (amount: number): string => {
  if (amount === 0) return '0';
  return amount < 0.01 ? 'under 0.01' : amount.toFixed(2);
};

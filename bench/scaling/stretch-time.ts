import { S3_LIMITS } from '../../adapters/s3/bucket.ts';
import { DatasetSettings } from '../../lib/contract/dataset.ts';
import { type Figures, mean } from './figures.ts';
import type { Format } from './job.ts';
import type { Speed } from './limits.ts';
import { putsOf } from './shard-time.ts';

/** A phase of one stretch, as a function of AWS's does it. */
export interface StretchWork {
  readonly seconds: number;
  readonly gets: number;
  readonly puts: number;
}

/** Of a stretch of so many bytes of the collection. */
export function phaseWork(bytes: number, format: Format, { stretch }: Figures, speed: Speed) {
  const share = bytes / stretch.bytes;
  const written = stretch.write[format];
  const records = share * stretch.pairs * stretch.recordBytes;
  const dataset = share * written.bytes;
  const ranges = Math.ceil(bytes / S3_LIMITS.rangeBytes);
  const seconds = (measured: readonly number[], moved: number): number =>
    Math.max(mean(measured) * share * speed.lambdaSlowdown, moved / speed.networkBytesPerSecond) +
    REQUESTS_IN_TURN * speed.getSeconds;
  const record: StretchWork = {
    seconds: seconds(stretch.record, bytes + records),
    gets: ranges + RECORD_GETS,
    puts: putsOf(records) + 1,
  };
  const write: StretchWork = {
    seconds: seconds(written.seconds, bytes + dataset),
    gets: ranges + WRITE_GETS,
    puts: SIDES.reduce((sum, side) => sum + putsOf(side * dataset), 1),
  };
  return { record, write };
}

const { validation_fraction } = DatasetSettings.parse({});
/** Shares of a format's training and validation files. */
export const SIDES = [1 - validation_fraction, validation_fraction] as const;

/** HEAD of what the phase tells at its end, the request, a line that reaches behind the stretch. */
const RECORD_GETS = 3;
/** The same, and what was recorded, chosen and decided. */
const WRITE_GETS = 6;
/** Those before the first range, and the files' ends. */
const REQUESTS_IN_TURN = 8;

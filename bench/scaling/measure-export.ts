import { Manifest } from '../../lib/contract/manifest.ts';
import { RecordedStretch, type Stretch, Stretches, WrittenStretch } from '../../lib/contract/stretch.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readJson } from '../../lib/objects/stored-json.ts';
import { NO_LIMITS } from '../../lib/stages/export-limits.ts';
import { exportStretch } from '../../lib/stages/export-stretch.ts';
import { finalize } from '../../lib/stages/finalize.ts';
import type { Figures } from './figures.ts';
import type { Format } from './job.ts';
import { buildAll, type OverS3, overS3, secondsOf } from './over-s3.ts';
import { STRETCHES_ALONE } from './stretches.ts';

/** Bytes: of the traces, and of a stretch of their collection, of which there are some ten. */
const TRACES = 512 * 2 ** 20;
const STRETCH = 24 * 2 ** 20;

/** Bytes of the collection a second, in what trainers' files add to Finalize over the same collection. */
export const measureAlone = (): Promise<Figures['alone']['bytesPerSecond']> =>
  overS3(async (s3) => {
    await s3.put('traces.jsonl', { bytes: TRACES / 2, form: 'jsonl', seed: 4 });
    const without = await timed(s3, 'without', []);
    const rate = async (format: Format): Promise<number> => {
      const written = await timed(s3, format, [format]);
      return written.bytes / (written.seconds - without.seconds);
    };
    return { nemo_customizer: await rate('nemo_customizer'), trl: await rate('trl') };
  });

async function timed(s3: OverS3, run_id: string, formats: readonly string[]) {
  const { planned, shards } = await s3.plan({ run_id, key: 'traces.jsonl', formats });
  await buildAll(run_id, shards, s3);
  const seconds = await secondsOf(() => finalize(planned, { ...s3.deps, ...NO_LIMITS }));
  const { collection } = await readJson(s3.deps.collections, runKeys(run_id).manifest, Manifest);
  return { seconds, bytes: collection.bytes };
}

/** Stretches recorded and written, the first not counted: a function that is warm has compiled its code. */
export const measureStretches = async (): Promise<Figures['stretch']> => {
  const one = await stretchesOf('nemo_customizer');
  const other = await stretchesOf('trl');
  const { pairs, recordBytes, record } = one;
  return { bytes: STRETCH, pairs, recordBytes, record, write: { nemo_customizer: one.write, trl: other.write } };
};

const stretchesOf = (format: Format) =>
  overS3(async (s3) => {
    await s3.put('traces.jsonl', { bytes: TRACES, form: 'jsonl', seed: 5 });
    const { planned, shards } = await s3.plan({ run_id: format, key: 'traces.jsonl', formats: [format] });
    await buildAll(format, shards, s3);
    const limits = { ...NO_LIMITS, exportsAlone: STRETCHES_ALONE * STRETCH };
    const asked = await finalize(planned, { ...s3.deps, ...limits });
    const record = await exportAll(format, 'record', s3);
    if (asked.status !== 'exporting') throw new Error('The collection is too small for stretches.');
    await finalize(asked, { ...s3.deps, ...limits });
    const seconds = await exportAll(format, 'write', s3);
    return { ...(await toldOf(format, s3)), record, write: { seconds, bytes: await writtenBytes(format, s3) } };
  });

const keysOf = (format: Format) => runKeys(format).export;

/** Seconds of each whole stretch but the first. */
async function exportAll(format: Format, phase: 'record' | 'write', { deps }: OverS3): Promise<number[]> {
  const seconds: number[] = [];
  for (const stretch of await readJson(deps.collections, keysOf(format).stretches, Stretches)) {
    const one = await secondsOf(() => exportStretch({ run_id: format, phase, stretch }, deps));
    if (stretch.ordinal > 0 && isWhole(stretch)) seconds.push(one);
  }
  return seconds;
}

const isWhole = ({ start, end }: Stretch): boolean => end - start === STRETCH;

/** Of one stretch: they differ little. */
const ONE = 1;

async function toldOf(format: Format, { deps }: OverS3) {
  const { records, recorded } = keysOf(format).stretch(ONE);
  const { pairs } = await readJson(deps.collections, recorded, RecordedStretch);
  return { pairs, recordBytes: ((await deps.collections.head(records))?.bytes ?? 0) / pairs };
}

async function writtenBytes(format: Format, { deps }: OverS3): Promise<number> {
  const { formats } = await readJson(deps.collections, keysOf(format).stretch(ONE).written, WrittenStretch);
  return formats.flatMap(({ result }) => result.files).reduce((sum, { bytes }) => sum + bytes, 0);
}

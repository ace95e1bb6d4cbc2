import type { Counters } from '../contract/counters.ts';
import type { DatasetFile, DatasetResult } from '../contract/dataset-result.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Request } from '../contract/request.ts';
import type { Group } from '../contract/trajectory.ts';
import { exportDatasets } from '../datasets/export.ts';
import { storeLineSink } from '../datasets/line-sink.ts';
import { crc32Base64 } from '../objects/checksum.ts';
import { runKeys } from '../objects/keys.ts';
import type { Deps } from './deps.ts';

export interface WrittenDatasets {
  readonly files: Manifest['datasets'];
  readonly result: DatasetResult;
}

/** Writes the collection that `groups` reads in every format asked for; without a format, tells the facts for the gate. */
export async function writeDatasets(
  request: Request,
  totals: Counters,
  groups: () => AsyncIterable<Group>,
  deps: Deps,
): Promise<WrittenDatasets> {
  const keys = runKeys(request.run_id);
  const result = await exportDatasets({
    runId: request.run_id,
    settings: request.dataset,
    builder: request.builder,
    totals,
    groups,
    open: (format, file) => storeLineSink(deps.collections, keys.dataset(format, file)),
  });
  return { files: filesOf(request.run_id, result), result };
}

/** The datasets' files as the manifest lists them. */
export function filesOf(runId: string, { formats }: Pick<DatasetResult, 'formats'>): Manifest['datasets'] {
  const keys = runKeys(runId);
  const files: Manifest['datasets'] = {};
  for (const [format, written] of Object.entries(formats)) {
    files[format] = Object.fromEntries(
      written.files.map((file) => [
        nameOf(file),
        {
          key: keys.dataset(format, file.file),
          bytes: file.bytes,
          checksum: { algorithm: 'CRC32', value: crc32Base64(file.crc32) } as const,
          lines: file.lines,
        },
      ]),
    );
  }
  return files;
}

/** A gate is passed by a dataset's figures, whether it is written or not. */
export const wantsDataset = ({ dataset }: Request): boolean =>
  dataset.formats.length > 0 || Object.values(dataset.gate).some((threshold) => threshold !== null);

const nameOf = ({ file, split, bucket }: DatasetFile): string => {
  if (split === null) return file;
  return bucket === null ? split : `${split}_${bucket}`;
};

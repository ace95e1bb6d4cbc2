import type { DatasetSettings } from '../contract/dataset.ts';
import { InvalidRequest } from '../errors.ts';
import { FORMATS } from './formats/index.ts';

/** Throws {@link InvalidRequest} where a format's trainer reads no Parquet and `dataset.file_type` asks for it. */
export function refuseFileType({ formats, file_type }: Pick<DatasetSettings, 'formats' | 'file_type'>): void {
  if (file_type === 'jsonl') return;
  const unable = [...new Set(formats)].filter((name) => !FORMATS[name].parquet);
  if (unable.length === 0) return;
  const able = Object.entries(FORMATS).flatMap(([name, { parquet }]) => (parquet ? [name] : []));
  throw new InvalidRequest(
    `dataset.file_type is parquet, but the trainer of ${unable.join(', ')} reads JSON lines only. Formats with Parquet: ${able.join(', ')}.`,
  );
}

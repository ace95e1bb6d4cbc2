import type { DatasetSettings } from '../contract/dataset.ts';
import { InvalidRequest } from '../errors.ts';
import { FORMATS } from './formats/index.ts';

/** Throws {@link InvalidRequest} where a format takes no column of `dataset.columns`. */
export function refuseColumns({ formats, columns }: Pick<DatasetSettings, 'formats' | 'columns'>): void {
  if (columns.length === 0) return;
  const unable = [...new Set(formats)].filter((name) => !FORMATS[name].takesColumns);
  if (unable.length === 0) return;
  const able = Object.entries(FORMATS).flatMap(([name, { takesColumns }]) => (takesColumns ? [name] : []));
  throw new InvalidRequest(
    `dataset.columns is ${JSON.stringify(columns)}, but ${unable.join(', ')} takes only its own columns. Formats that take more: ${able.join(', ')}.`,
  );
}

import type { CandidatePlace } from '../preferences/candidate-place.ts';
import type { RecordPlace } from './containers/container.ts';

/** Where the item is, in the object of this key. */
export function placeItem(
  key: string,
  { entry, row, offset }: Pick<RecordPlace, 'entry' | 'row' | 'offset'>,
): CandidatePlace {
  const within = entry === undefined ? key : `${key}!/${entry}`;
  return row === undefined ? { key: within, offset } : { key: within, row };
}

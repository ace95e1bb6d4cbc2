import type { PlacedReading, PlacedRecord, RecordFormat, SourceFormat } from '../../sources/source-format.ts';
import type { Losses } from '../build-shard/open-losses.ts';
import type { RecordSpan } from './read-records.ts';

/** What is counted of records as they are read. */
export type RecordCount = Pick<Losses, 'countItem' | 'countUnused'>;

/** The candidates of the records, and in the places of other records why they hold none. */
export async function* readCandidates(
  spans: AsyncIterable<RecordSpan>,
  format: SourceFormat,
  count: RecordCount,
): AsyncGenerator<PlacedReading> {
  const records: PlacedRecord[] = [];
  for await (const span of spans) {
    count.countItem(span);
    const { place } = span;
    if ('rejected' in span) yield { place, rejected: span.rejected };
    else if (format.kind === 'assembled') records.push({ place, record: span.record });
    else yield* readRecord(span.record, place, format, count);
  }
  if (format.kind === 'assembled') yield* format.assemble(records);
}

function* readRecord(
  record: unknown,
  place: RecordSpan['place'],
  format: RecordFormat,
  count: RecordCount,
): Generator<PlacedReading> {
  const reading = format.read(record);
  count.countUnused(format.unusedKeys?.(record) ?? []);
  if ('rejected' in reading) yield { place, rejected: reading.rejected };
  else for (const candidate of reading.candidates) yield { place, candidate };
}

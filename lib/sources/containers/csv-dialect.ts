/** How a table is written, for csv-parse: RFC 4180, with any line ends. Rows of other lengths are ours to judge. */
export const csvDialect = (delimiter: string) => ({
  delimiter,
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
});

/** Why a table's first row is no header: its names are missing, doubled, or no names. Undefined where it is one. */
export function headerProblem(cells: readonly string[]): string | undefined {
  const named = cells.filter((cell) => cell !== '');
  if (named.length === 0) return 'its first row has no names';
  const places = new Map<string, number>();
  for (const [at, cell] of cells.entries()) {
    if (cell === '') continue;
    if (!Number.isNaN(Number(cell))) return `column ${at + 1} of its first row is a number`;
    if (cell.length > MAX_NAME_LENGTH)
      return `column ${at + 1} of its first row is longer than ${MAX_NAME_LENGTH} characters`;
    if (/[\r\n]/.test(cell)) return `column ${at + 1} of its first row continues over several lines`;
    const before = places.get(cell);
    if (before !== undefined) return `columns ${before + 1} and ${at + 1} have the same name`;
    places.set(cell, at);
  }
  return undefined;
}

/** A prompt is longer, and a name that anybody types is not. */
const MAX_NAME_LENGTH = 128;

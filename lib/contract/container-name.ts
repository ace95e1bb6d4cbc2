import * as z from 'zod';

/** How the records lie in an object. `json` is one value written over several lines. */
export const ContainerName = z.enum(['lines', 'array', 'json', 'csv', 'tsv', 'parquet', 'zip', 'gzip', 'zstd']);
export type ContainerName = z.infer<typeof ContainerName>;

/** Containers that are text from their first byte to their last, whether in an object of its own, compressed or archived. */
export const TextContainer = ContainerName.extract(['lines', 'array', 'json', 'csv', 'tsv']);
export type TextContainer = z.infer<typeof TextContainer>;

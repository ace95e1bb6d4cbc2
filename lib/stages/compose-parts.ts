import { combineCrc32, crc32 } from '../objects/checksum.ts';
import type { Written } from '../objects/store.ts';
import type { Deps } from './deps.ts';

/** A file that goes whole into a composed one. */
export interface Part extends Written {
  readonly key: string;
}

/** What the parts are together: their checksums make its own, and nothing is read. */
export function together(parts: readonly Part[]): Written {
  let bytes = 0;
  let checksum = crc32(new Uint8Array());
  for (const part of parts) {
    checksum = combineCrc32(checksum, part.crc32, part.bytes);
    bytes += part.bytes;
  }
  return { bytes, crc32: checksum };
}

export async function composeParts(key: string, parts: readonly Part[], deps: Deps): Promise<Written> {
  const whole = together(parts);
  await deps.collections.compose(key, parts, { crc32: whole.crc32 });
  return whole;
}

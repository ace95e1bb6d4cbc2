import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

export interface Gunzipped {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** After the stream's end: whether it ended in damage, and at which uncompressed byte. */
  broken(): { readonly at: number; readonly detail: string } | undefined;
}

/**
 * Decompresses as it reads. Damage ends the stream instead of throwing, so that the items before it are kept; errors of
 * the source itself (a changed input, say) are thrown as they are.
 */
export function gunzip(compressed: AsyncIterable<Uint8Array>): Gunzipped {
  let damage: { at: number; detail: string } | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    let at = 0;
    let sourceError: unknown;
    const source = Readable.from(compressed, { objectMode: true });
    const inflate = createGunzip();
    source.on('error', (error) => {
      sourceError = error;
      inflate.destroy(error);
    });
    try {
      for await (const chunk of source.pipe(inflate)) {
        at += chunk.length;
        yield chunk;
      }
    } catch (error) {
      if (sourceError) throw sourceError;
      damage = {
        at,
        detail: `the gzip stream is damaged or cut off (${error instanceof Error ? error.message : error})`,
      };
    } finally {
      source.destroy();
    }
  }
  return { bytes: bytes(), broken: () => damage };
}

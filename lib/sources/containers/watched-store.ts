import type { PinnedObject } from './container.ts';

/**
 * The object, and what went wrong with the store while its bytes were read: the libraries that read archives and Parquet
 * pass on one kind of error for that and for damaged bytes.
 */
export function watchStore(object: PinnedObject): { readonly object: PinnedObject; throwIfFailed(): void } {
  let failure: { readonly error: unknown } | undefined;
  async function* open(start: number, end?: number): AsyncGenerator<Uint8Array> {
    try {
      yield* object.open(start, end);
    } catch (error) {
      failure ??= { error };
      throw error;
    }
  }
  return {
    object: { ...object, open },
    throwIfFailed() {
      if (failure) throw failure.error;
    },
  };
}

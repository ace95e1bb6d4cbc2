import type { ObjectStore } from '../../lib/objects/store.ts';

/**
 * An object of the store as a Blob, read where it is needed: what lets a library that wants a Blob stream a file that
 * is larger than memory. (A class because such libraries test for `instanceof Blob`.)
 */
export class StoreBlob extends Blob {
  readonly #store: ObjectStore;
  readonly #key: string;
  readonly #start: number;
  override readonly size: number;

  /** Bytes `start` to before `end` of the object. */
  constructor(store: ObjectStore, key: string, start: number, end: number) {
    super([]);
    this.#store = store;
    this.#key = key;
    this.#start = start;
    this.size = end - start;
  }

  override slice(start = 0, end = this.size): StoreBlob {
    const at = (position: number) => {
      const fromStart = position < 0 ? this.size + position : position;
      return this.#start + Math.min(Math.max(fromStart, 0), this.size);
    };
    return new StoreBlob(this.#store, this.#key, at(start), Math.max(at(start), at(end)));
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return ReadableStream.from(this.#chunks());
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    if (this.size > MAX_WHOLE_BYTES) {
      throw new RangeError(
        `${this.#key} has ${this.size} bytes, and the datastore wants it in one request, not as a large file (LFS): such a request takes at most ${MAX_WHOLE_BYTES} bytes`,
      );
    }
    return new Response(this.stream()).arrayBuffer();
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }

  async *#chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    if (this.size === 0) return;
    for await (const chunk of this.#store.read(this.#key, { start: this.#start, end: this.#start + this.size })) {
      yield new Uint8Array(chunk);
    }
  }
}

/** Held in memory several times over (bytes, base64, message): 32 MiB makes some 150. */
const MAX_WHOLE_BYTES = 33_554_432;

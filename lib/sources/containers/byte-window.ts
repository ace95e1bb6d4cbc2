/**
 * The part of a stream that has arrived and is not yet consumed, in one piece of memory.
 * Positions are indices into `bytes`; `base + index` is the byte's offset in the stream.
 */
export interface ByteWindow {
  bytes: Buffer;
  /** First byte not consumed. */
  from: number;
  /** One past the last byte that has arrived. */
  to: number;
  base: number;
  /** `bytes` is this window's own memory, not a chunk that somebody else may still read. */
  owned: boolean;
}

export const byteWindow = (base: number): ByteWindow => ({
  bytes: Buffer.alloc(0),
  from: 0,
  to: 0,
  base,
  owned: false,
});

/**
 * Appends a chunk, dropping what was consumed: what was read from `bytes` before may be overwritten. An item that spans
 * many chunks is copied a constant number of times, because the memory doubles when it is half full. A lone chunk is
 * not copied at all: the caller must not reuse it.
 */
export function append(window: ByteWindow, chunk: Uint8Array): void {
  const held = window.to - window.from;
  if (held === 0) {
    adopt(window, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    window.to = chunk.length;
    return;
  }
  if (window.to + chunk.length > window.bytes.length || !window.owned) {
    const roomy = window.owned && 2 * held <= window.bytes.length && held + chunk.length <= window.bytes.length;
    // Fresh memory costs more than moving what is held to the front.
    const room = roomy ? window.bytes : Buffer.allocUnsafeSlow(2 * (held + chunk.length));
    window.bytes.copy(room, 0, window.from, window.to);
    adopt(window, room);
    window.owned = true;
    window.to = held;
  }
  window.bytes.set(chunk, window.to);
  window.to += chunk.length;
}

function adopt(window: ByteWindow, bytes: Buffer): void {
  window.base += window.from;
  window.from = 0;
  window.bytes = bytes;
  window.owned = false;
}

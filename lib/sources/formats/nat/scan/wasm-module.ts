import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { SCANNER_WASM } from './scanner.wasm.ts';

/** What is used here of a global that neither ES2024's types nor Node's declare. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
  readonly Memory: new (descriptor: { readonly initial: number }) => Memory;
  readonly Global: new (descriptor: { readonly value: 'i32' }, value: number) => Global;
};

export type Memory = { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
export type Global = { value: number };

const PAGE = 65536;
/** scanner.as reads at most this far past its input: 16 bytes at a time, and keywords and escapes after the last. */
const MARGIN = 32;

export const memory = z.custom<Memory>((value) => value instanceof WebAssembly.Memory);
export const global = z.custom<Global>((value) => value instanceof WebAssembly.Global);
export const scanFunction = z.custom<(length: number) => number>((value) => typeof value === 'function');

/** A scanner of its own, with memory of its own: its exports, unparsed. A few kilobytes, compiled once. */
export function instantiateScanner(): unknown {
  compiled ??= new WebAssembly.Module(Buffer.from(SCANNER_WASM, 'base64'));
  return new WebAssembly.Instance(compiled).exports;
}

/** Copies `bytes` to `address`, a 0 after them, growing the memory if they do not fit. */
export function copyIn(memory: Memory, bytes: Uint8Array, address: number): void {
  const missing = address + bytes.length + MARGIN - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const target = new Uint8Array(memory.buffer, address, bytes.length + 1);
  target.set(bytes);
  target[bytes.length] = 0;
}

let compiled: object | undefined;

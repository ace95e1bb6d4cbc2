// AssemblyScript. `node scripts/build-scanner.ts` compiles it to scanner.wasm.ts.
//
// Both scans lean on three things. Most bytes lie in strings, so strings are crossed 16 bytes at a time. The byte after
// the input is 0, which no token contains, so reading past a token's end needs no check. And what must outlive a call
// is a few globals.

export * from './array';
export * from './item';
export { ELEMENT, INPUT, KEYS, MAX_SPANS, MEMBERS, SLOTS, SPANS } from './layout';

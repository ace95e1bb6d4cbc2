// AssemblyScript. `node scripts/build-scanner.ts` compiles it to scanner.wasm.ts.
//
// The scan leans on three things. Most bytes lie in strings, so strings are crossed 16 bytes at a time. The byte after
// the input is 0, which no token contains, so reading past a token's end needs no check. And what must outlive a call
// is a few globals.

export * from './item';
export { ELEMENT, INPUT, KEYS, MEMBERS, SLOTS } from './layout';

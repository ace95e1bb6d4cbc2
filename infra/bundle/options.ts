import { fileURLToPath } from 'node:url';

/** How a function is bundled by esbuild: for `cdk synth` in this project, and for the published package alike. */
export const BUNDLE = {
  target: 'node24',
  // An ES module that imports node:http has Node load its own fetch with it, some 35 ms; `require` does not.
  format: 'cjs',
  mainFields: ['module', 'main'],
  // The pipeline's errors write out their names, which Retry and Catch match.
  minify: true,
  sourcemap: true,
  // A map is read where the function starts: without the sources it is a third of the size.
  sourcesContent: false,
  alias: {
    '@aws-sdk/credential-provider-node': here('./credentials.ts'),
    undici: here('./undici.cjs'),
    semver: here('./semver.cjs'),
  },
  // 72 KB: undici's parser for processors without SIMD, of which Lambda has none. It is loaded where the other one fails.
  external: ['*/llhttp/llhttp-wasm.js'],
} as const;

function here(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

import { defineConfig } from 'vitest/config';

// Tests of whole processes (the packed library, the bundles, the commands in the docs, a browser, killed runs) are
// named *.system.test.ts and run apart, so that `npm test` stays under two minutes on two cores.
const SYSTEM = 'test/**/*.system.test.ts';
// Programs that others wrote, installed on first use: minutes.
const PEERS = 'test/peers/**/*.test.ts';

export default defineConfig({
  test: {
    // The first CDK synth of a worker loads all of aws-cdk-lib: several seconds on two cores.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/properties.ts'],
    // By default Vitest leaves one core idle; on two that is half of the machine.
    maxWorkers: '100%',
    projects: [
      { extends: true, test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: [SYSTEM, PEERS] } },
      { extends: true, test: { name: 'system', include: [SYSTEM], exclude: [PEERS] } },
      { extends: true, test: { name: 'peers', include: [PEERS], testTimeout: 600_000, hookTimeout: 2_400_000 } },
    ],
  },
});

import { defineConfig } from 'vitest/config';

// Tests of whole processes: the packed library, the bundles, the commands in the docs, a browser, killed runs.
const PROCESSES = 'test/**/*.system.test.ts';
// A fifth of the time in a tenth of the files: of the stack, each of which loads all of aws-cdk-lib, and with the largest inputs.
const SLOW = ['test/infra/**/*.test.ts', 'test/hostile/caps.test.ts', 'test/adapters/s3/finalize-traffic.test.ts'];
// Programs that others wrote, installed on first use: minutes.
const PEERS = 'test/peers/**/*.test.ts';
// Handlers take over the console and the environment of their process.
const HANDLERS = 'test/functions/**/*.test.ts';

export default defineConfig({
  test: {
    // The first CDK synth of a worker loads all of aws-cdk-lib: several seconds on two cores.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/properties.ts'],
    // By default Vitest leaves one core idle; on two that is half of the machine.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: [PROCESSES, ...SLOW, PEERS, HANDLERS],
          // Files share their worker's modules: loading these anew for each took a fifth of all the time.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'handlers', include: [HANDLERS], exclude: [PROCESSES] } },
      { extends: true, test: { name: 'system', include: [PROCESSES, ...SLOW], exclude: [PEERS] } },
      { extends: true, test: { name: 'peers', include: [PEERS], testTimeout: 600_000, hookTimeout: 2_400_000 } },
    ],
  },
});

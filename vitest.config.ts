import { defineConfig } from 'vitest/config';

// Tests of whole processes: the packed library, the bundles, the commands in the docs, a browser, killed runs.
const PROCESSES = 'test/**/*.system.test.ts';
// Almost half of the time of all other tests: the stack, for which each file loads all of aws-cdk-lib; the linters of the
// documents; the largest inputs; and whole runs again and again, by any number of tasks in any order.
const SLOW = [
  'test/infra/**/*.test.ts',
  'test/bench/upload-costs.test.ts',
  'test/docs/{operations,prose}.test.ts',
  'test/hostile/{caps,regular-expressions}.test.ts',
  'test/adapters/s3/finalize-traffic.test.ts',
  'test/**/invariance.test.ts',
  'test/local/identical.test.ts',
];
// Programs that others wrote, installed on first use: minutes.
const PEERS = 'test/peers/**/*.test.ts';
// Handlers take over the console and the environment of their process; and what makes many buffers collects garbage in a
// small heap twice as fast as in one that other files have filled.
const ALONE = [
  'test/{functions,hostile,sources,faults}/**/*.test.ts',
  'test/stages/*.test.ts',
  'test/adapters/s3/*.test.ts',
];

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
          exclude: [PROCESSES, ...SLOW, PEERS, ...ALONE],
          // Files share the modules of their worker: to load them anew for each takes a fifth more time.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE, exclude: [PROCESSES, ...SLOW] } },
      { extends: true, test: { name: 'system', include: [PROCESSES, ...SLOW], exclude: [PEERS] } },
      { extends: true, test: { name: 'peers', include: [PEERS], testTimeout: 600_000, hookTimeout: 2_400_000 } },
    ],
  },
});

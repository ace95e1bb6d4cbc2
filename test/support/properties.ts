import fc from 'fast-check';

// The same cases each time, so that a failure is the change's own; `npm run fuzz` looks for new ones.
// A failing property stops shrinking in time to be reported before the test's own timeout.
fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 20_261_124), interruptAfterTimeLimit: 40_000 });

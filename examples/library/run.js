// A whole run, with its report and its manifest, over directories: node run.js rollouts out
import { fileStore, run } from 'dpo-trajectories';

const [traces, out] = process.argv.slice(2);
const manifest = await run({
  request: {
    run_id: 'first',
    source: { traces: { bucket: 'traces', prefix: '' } },
    dataset: { formats: ['trl', 'openai'] },
  },
  // Any object with the methods of `ObjectStore` is a store; `memoryStore()` keeps all in memory.
  stores: { traces: fileStore(traces), collections: fileStore(out) },
});
console.log(`${manifest.totals.total_pairs} pairs; the report is ${out}/${manifest.report.key}`);

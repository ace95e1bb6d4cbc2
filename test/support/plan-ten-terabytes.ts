import { parseRequest } from '../../lib/contract/parse-request.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { memoryStore } from './memory-store.ts';
import { memoryDeps } from './run.ts';

/** Plans 100,000 objects of 100 MB; a process of its own, so that its memory can be limited and told. */
const first = Buffer.from('{"id":1}\n');
const traces = {
  ...memoryStore('traces'),
  async *list() {
    for (let number = 0; number < 100_000; number++) {
      yield {
        key: `traces/2026/part-${String(number).padStart(6, '0')}.jsonl`,
        bytes: 100_000_000,
        etag: `"${number}"`,
      };
    }
  },
  async *read() {
    yield first;
  },
};
let planBytes = 0;
const collections = memoryStore('collections');
const request = { source: { traces: { bucket: 'traces', prefix: 'traces/' } } };
const planned = await evaluate(
  { execution: 'run', input: parseRequest({ run_id: 'run', ...request }) },
  memoryDeps(traces, {
    ...collections,
    write: async (_key, body) => {
      for await (const chunk of body) planBytes += chunk.length;
      return { bytes: planBytes, crc32: 0 };
    },
  }),
);
console.log(JSON.stringify({ ...planned, planBytes, peakKiB: process.resourceUsage().maxRSS }));

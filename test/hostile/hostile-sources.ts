import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { PipelineError } from '../../lib/errors.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps, runSteps } from '../support/run.ts';
import { type Costs, withinCost } from './cost.ts';
import { requireEveryPairCounted } from './invariants.ts';

const GOLDEN = fileURLToPath(new URL('../golden/', import.meta.url));

/** Small files of every container and source format, as other programs wrote them. */
const files = ['sources', 'tables', 'containers'].flatMap((folder) =>
  readdirSync(`${GOLDEN}${folder}`, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((name) => !/\.(?:expected\.json|py|md|toml)$/.test(name))
    .filter((name) => statSync(GOLDEN + name).isFile() && statSync(GOLDEN + name).size < 40_000)
    .sort(),
);

const edit = fc.record({
  kind: fc.constantFrom('flip', 'drop', 'repeat', 'insert', 'cut'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 24 }),
});

const damaged = fc
  .record({ form: fc.constantFrom(...files), edits: fc.array(edit, { maxLength: 4 }) })
  .map(({ form, edits }) => ({ form, bytes: edits.reduce(damage, readFileSync(GOLDEN + form)) }));

function damage(bytes: Buffer, { kind, at, bytes: put }: typeof edit extends fc.Arbitrary<infer Edit> ? Edit : never) {
  const place = Math.floor(at * bytes.length);
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  const passed = after.subarray(Math.min(put.length, after.length));
  if (kind === 'cut') return Buffer.from(before);
  if (kind === 'insert') return Buffer.concat([before, put, after]);
  if (kind === 'drop') return Buffer.concat([before, passed]);
  if (kind === 'repeat') return Buffer.concat([before, after.subarray(0, put.length), after]);
  return Buffer.concat([before, put.subarray(0, after.length), passed]);
}

/**
 * Whole runs over damaged files of every container and format: each commits, with every pair counted, or fails by a name.
 * `outcomes` counts what the runs came to, and `costs` keeps what they cost at most.
 */
export const hostileSources = (outcomes: Map<string, number> = new Map(), costs: Costs = {}) =>
  fc.asyncProperty(fc.record({ objects: fc.array(damaged, { minLength: 1, maxLength: 2 }) }), async ({ objects }) => {
    const traces = memoryStore('traces');
    for (const [at, { form, bytes }] of objects.entries())
      traces.objects.set(`${at}-${form.replaceAll('/', '-')}`, bytes);
    const bytes = objects.reduce((sum, object) => sum + object.bytes.length, 0);
    const outcome = await withinCost(costs, { what: 'a run over damaged files', bytes }, () =>
      outcomeOf(memoryDeps(traces)),
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  });

async function outcomeOf(deps: ReturnType<typeof memoryDeps>): Promise<string> {
  try {
    const run = await runSteps(
      {
        source: { traces: { bucket: 'traces', prefix: '' } },
        dataset: { formats: [] },
        limits: { max_rejected_fraction: 1, allow_empty: true },
      },
      deps,
    );
    requireEveryPairCounted(run.totals);
    return 'committed';
  } catch (error) {
    if (error instanceof PipelineError) return error.name;
    throw error;
  }
}

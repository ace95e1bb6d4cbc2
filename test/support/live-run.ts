import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { fileStore } from '../../adapters/files/file-store.ts';
import { createHttpClient, type Timer } from '../../adapters/http/client.ts';
import { credentialsFrom } from '../../adapters/http/endpoint-credentials.ts';
import { workflowConnector } from '../../adapters/http/workflow-client.ts';
import {
  Batch,
  RunWorkflowInput,
  RunWorkflowOutput,
  WorkflowSource,
  workflowKeys,
} from '../../lib/contract/workflow.ts';
import { type ObjectStore, readAll } from '../../lib/objects/store.ts';
import { type RunWorkflowDeps, runWorkflow } from '../../lib/stages/run-workflow.ts';
import { planBatches } from '../../lib/stages/workflow/plan-batches.ts';
import { type Reply, startWorkflowServer } from './workflow-server.ts';

const RUN_ID = 'run-0';
const KEYS = workflowKeys(RUN_ID);

interface RunOptions {
  readonly remainingMs?: () => number;
  readonly beforeRound?: () => void;
}

/**
 * For the length of one test: a planned run against a server of its own. `run` does what the state machine does, and
 * gives the trace's lines; `written` gives those of a run that failed. `held` are the secrets' texts, by name.
 */
export async function liveRun(
  reply: Reply,
  dataset: string | readonly object[],
  settings: Record<string, unknown> & { path?: string; allow?: boolean; timer?: Timer } = {},
  held: Readonly<Record<string, string>> = {},
) {
  const { path = '', allow = true, timer, ...rest } = settings;
  const folder = await mkdtemp(join(tmpdir(), 'workflow-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const server = await startWorkflowServer(reply);
  onTestFinished(async () => void (await server.close()));

  const store = fileStore(folder);
  await writeFile(join(folder, 'dataset.json'), typeof dataset === 'string' ? dataset : JSON.stringify(dataset));
  const { batches, max_concurrency } = await planned(store, { endpoint: `${server.origin}${path}`, ...rest });

  const sleeps: number[] = [];
  const secrets: string[] = [];
  const http = createHttpClient({
    policy: { reach: 'listed', origins: allow ? [server.origin] : [] },
    ...(timer && { timer }),
  });
  const credentials = credentialsFrom(async (name) => {
    secrets.push(name);
    return held[name] ?? '';
  });
  const deps = {
    collections: store,
    connect: workflowConnector({ http, credentials }),
    now: () => new Date('2026-11-23T10:00:00Z'),
    sleep: async (ms: number) => void sleeps.push(ms),
    random: () => 0.5,
  };
  const written = () => traceLines(store);
  const run = async ({ remainingMs = () => 900_000, beforeRound }: RunOptions = {}) => ({
    ...(await inRounds(batches, max_concurrency, { ...deps, remainingMs }, beforeRound)),
    lines: await written(),
  });
  return { run, written, server, sleeps, secrets };
}

/** So many examples, `q0` the first one's question. */
export const examples = (count: number) => Array.from({ length: count }, (_, id) => ({ id, question: `q${id}` }));

async function planned(store: ObjectStore, settings: object) {
  const source = WorkflowSource.parse({ dataset: { bucket: 'b', key: 'dataset.json' }, ...settings });
  await store.create(KEYS.request, Buffer.from(JSON.stringify({ run_id: RUN_ID, source: { workflow: source } })));
  const { key, max_concurrency } = await planBatches(RUN_ID, source, { datasets: store, runs: store });
  const batches = Batch.array().parse(JSON.parse(Buffer.from(await readAll(store, key)).toString()));
  return { batches, max_concurrency };
}

/** Every round of every batch, and each batch's last one as `output`. */
async function inRounds(
  batches: readonly Batch[],
  concurrency: number,
  deps: RunWorkflowDeps,
  beforeRound: (() => void) | undefined,
) {
  const rounds: RunWorkflowOutput[] = [];
  const output: RunWorkflowOutput[] = [];
  const left = batches.values();
  const child = async () => {
    for (const batch of left) {
      for (let next: unknown = { run_id: RUN_ID, batch }; ; ) {
        beforeRound?.();
        const round = RunWorkflowOutput.parse(await runWorkflow(RunWorkflowInput.parse(next), deps));
        rounds.push(round);
        if (round.done) {
          output[batch.ordinal] = round;
          break;
        }
        next = JSON.parse(JSON.stringify(round));
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, child));
  return { rounds, output };
}

/** The lines of the run's traces, part after part. */
async function traceLines(store: ObjectStore): Promise<string[]> {
  const lines: string[] = [];
  for await (const { key } of store.list(KEYS.traces)) {
    const text = Buffer.from(await readAll(store, key)).toString();
    lines.push(...text.trimEnd().split('\n'));
  }
  return lines;
}

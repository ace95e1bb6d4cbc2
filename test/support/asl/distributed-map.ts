import { setMaxListeners } from 'node:events';
import * as z from 'zod';
import { readAll } from '../../../lib/objects/store.ts';
import type { DistributedMap } from './asl.ts';
import type { Json } from './asl-templates.ts';
import { evaluate, interpret, type Machine, type StateEvent, type Waits } from './interpreter.ts';
import { final, localTasks, named, type Task, type TaskResources, withinLimit } from './local-tasks.ts';

type ItemStep = { readonly item: number } & (
  | { readonly type: 'item_started' }
  | { readonly type: 'item_succeeded'; readonly output: unknown }
  | { readonly type: 'item_failed'; readonly error: string }
);

/** What happens to one of a map's items, and how many it has happened to. */
export type ItemEvent = ItemStep & Counts & { readonly state: string };

interface Counts {
  readonly items: number;
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
}

export interface MapOptions extends TaskResources {
  readonly executionName: string;
  /** Children at once, at most. */
  readonly maxConcurrency: number;
  readonly waits: Waits;
  /** What happens to the items, and to their children's states. */
  readonly onEvent: (event: ItemEvent | StateEvent) => void;
}

/**
 * A Distributed Map as a task: one run of `child` an item, started in the items' order, so many at once as the map and the
 * options allow. The first child that fails fails the map, by the name that the map has for it on AWS; by then no
 * other child runs any more.
 */
export function distributedMap(state: string, map: DistributedMap, child: Machine, options: MapOptions): Task {
  const tasks = localTasks(map.ItemProcessor.States, options);
  const context = { Execution: { Name: options.executionName } };
  return async (input) => {
    const items = await readItems(map, input, context, options);
    await evaluate(map.ResultWriter.Parameters, input, context);
    const children = await concurrency(map, input, options.maxConcurrency);
    const counts = { items: items.length, started: 0, succeeded: 0, failed: 0 };
    const tell = (event: ItemStep) => options.onEvent({ state, ...counts, ...event });
    const stop = new AbortController();
    // One listener a running child; past ten Node takes them for a leak.
    setMaxListeners(0, stop.signal);
    const flights = new Set<Promise<unknown>>();

    const runChild = async (item: number, value: Json): Promise<void> => {
      counts.started++;
      tell({ type: 'item_started', item });
      try {
        const selected = withinLimit(await select(map, input, context, item, value));
        const output = await interpret(child, selected, {
          context: {},
          tasks: untilStopped(tasks, stop.signal, flights),
          waits: options.waits,
          signal: stop.signal,
          onEvent: (event) => options.onEvent({ ...event, child: { map: state, item } }),
        });
        counts.succeeded++;
        tell({ type: 'item_succeeded', item, output });
      } catch (error) {
        // A child that was stopped neither succeeded nor failed.
        if (!stop.signal.aborted) {
          counts.failed++;
          tell({ type: 'item_failed', item, error: error instanceof Error ? error.name : 'Error' });
          stop.abort();
        }
      }
    };

    const queue = items.entries();
    const worker = async () => {
      for (const [item, value] of queue) {
        if (stop.signal.aborted) return;
        await runChild(item, value);
      }
    };
    await Promise.all(Array.from({ length: Math.min(children, items.length) }, worker));
    await Promise.allSettled(flights);
    if (stop.signal.aborted) throw named(EXCEEDED, 'The specified tolerated failure threshold was exceeded');
    return null;
  };
}

const EXCEEDED = 'States.ExceedToleratedFailureThreshold';

type Context = { readonly Execution: { readonly Name: string } };

const At = z.strictObject({ Bucket: z.string(), Key: z.string() });

async function readItems(map: DistributedMap, input: Json, context: Context, { storeOf }: TaskResources) {
  const { Bucket, Key } = At.parse(await evaluate(map.ItemReader.Parameters, input, context));
  try {
    const text = new TextDecoder().decode(await readAll(storeOf(Bucket), Key));
    return z.array(z.json()).parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? 'it holds no JSON array' : String(error);
    throw named('States.ItemReaderFailed', `The items in ${Key} of ${Bucket} could not be read: ${reason}`, error);
  }
}

async function concurrency(map: DistributedMap, input: Json, most: number): Promise<number> {
  const { MaxConcurrencyPath: path } = map;
  const wanted = path ? await evaluate({ 'children.$': path }, input, {}) : { children: map.MaxConcurrency ?? 0 };
  const { children } = z.object({ children: z.int().min(0) }).parse(wanted);
  // To a map, 0 is no limit.
  return children === 0 ? most : Math.min(children, most);
}

async function select(map: DistributedMap, input: Json, context: Context, index: number, value: Json): Promise<Json> {
  if (map.ItemSelector === undefined) return value;
  return await evaluate(map.ItemSelector, input, { ...context, Map: { Item: { Index: index, Value: value } } });
}

/** The tasks, each call kept in `flights` while it lasts; once stopped, none begins. */
function untilStopped(
  tasks: Readonly<Record<string, Task>>,
  stopped: AbortSignal,
  flights: Set<Promise<unknown>>,
): Record<string, Task> {
  const stoppable = (task: Task): Task => {
    return async (parameters) => {
      // The interpreter, when stopped in a pause before a retry, retries at once.
      if (stopped.aborted) throw final('Stopped', 'Another child of the map failed.');
      const flight = task(parameters);
      flights.add(flight);
      try {
        return await flight;
      } finally {
        flights.delete(flight);
      }
    };
  };
  return Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, stoppable(task)]));
}

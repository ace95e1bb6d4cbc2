import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { RunId } from '../../lib/contract/run-id.ts';
import { fitToLog, toldOf } from './fit-to-log.ts';
import { type Measures, nothing } from './measures.ts';
import { COUNTS, NAMESPACE, REJECTED, SECONDS, type Stage } from './metric-names.ts';

/** One of each for as long as the Lambda lives. */
const logger = new Logger();
const metrics = new Metrics({ namespace: NAMESPACE });

/**
 * A Lambda handler that can be watched: a log line where the step begins and one where it ends, its measures as metrics,
 * and, where the invocation is sampled, a trace. The log names the run, shard or batch that an
 * event is about, and nothing else of it.
 */
export const observed =
  <Result>(
    stage: Stage,
    step: (event: unknown, context: Context) => Promise<Result>,
    measures: (result: Result) => Measures = nothing,
  ) =>
  async (event: unknown, context: Context): Promise<Result> => {
    const call = { stage, ...About.parse(event) };
    const started = performance.now();
    logger.addContext(context);
    logger.info('began', call);
    try {
      const result = await inTrace(call, () => step(event, context));
      const { counts, rejected } = measures(result);
      const seconds = secondsSince(started);
      publish(stage, seconds, { counts, rejected });
      logger.info('ended', { ...call, ...runOf(result), seconds, ...Object.fromEntries(counts), rejected });
      return result;
    } catch (thrown) {
      const error = fitToLog(thrown);
      const seconds = secondsSince(started);
      publish(stage, seconds, nothing());
      logger.error('failed', { ...call, seconds, error: toldOf(error) });
      throw error;
    }
  };

const Numbered = z.object({ ordinal: z.int() }).optional().catch(undefined);
const Named = RunId.optional().catch(undefined);

/** What an event is about, as far as it has the form that it should have. */
const About = z
  .object({
    execution: Named,
    run_id: Named,
    shard: Numbered,
    batch: Numbered,
    ordinal: z.int().optional().catch(undefined),
    /** Of EventBridge's event about an execution. */
    detail: z.object({ name: Named }).optional().catch(undefined),
  })
  .catch({})
  .transform(({ execution, run_id, shard, batch, ordinal, detail }) => ({
    execution: execution ?? detail?.name,
    run_id,
    shard: shard?.ordinal ?? ordinal,
    batch: batch?.ordinal,
  }));

interface Call extends z.infer<typeof About> {
  readonly stage: Stage;
}

/** Evaluate's event has no run yet; its result has. */
const runOf = (result: unknown): Pick<Call, 'run_id'> => ({ run_id: About.parse(result).run_id });

/**
 * X-Ray's library adds 130 KB to a function and, once it is loaded, takes a fifth of BuildShard's speed, because
 * it follows every promise: only a sandbox that meets a sampled invocation loads it.
 */
async function inTrace<Result>({ stage, run_id, execution }: Call, step: () => Promise<Result>): Promise<Result> {
  if (!process.env._X_AMZN_TRACE_ID?.includes('Sampled=1')) return step();
  const { traced } = await import('./tracing.ts');
  return traced(stage, run_id ?? execution, async () => {
    try {
      return await step();
    } catch (thrown) {
      throw fitToLog(thrown);
    }
  });
}

/** To the millisecond. */
const secondsSince = (started: number): number => Math.round(performance.now() - started) / 1000;

function publish(stage: Stage, seconds: number, { counts, rejected }: Measures): void {
  metrics.singleMetric().addDimension('stage', stage).addMetric(SECONDS, 'Seconds', seconds);
  for (const [reason, lost] of Object.entries(rejected)) {
    metrics.singleMetric().addDimension('reason', reason).addMetric(REJECTED, 'Count', lost);
  }
  if (counts.length === 0) return;
  for (const [name, count] of counts) metrics.addMetric(name, COUNTS[name], count);
  metrics.publishStoredMetrics();
}

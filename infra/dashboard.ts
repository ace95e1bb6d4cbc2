import { Dashboard, GraphWidget, type IMetric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { STAGES } from '../functions/observability/metric-names.ts';
import { FIVE_MINUTES, metricsOf, openMapRuns } from './metrics.ts';
import type { PipelineMonitoringProps } from './monitoring.ts';

/** Runs and their work above, what went wrong in the middle, where time and limits go below. */
export function pipelineDashboard(scope: Construct, { pipeline, deadLetters }: PipelineMonitoringProps): Dashboard {
  const { stateMachine, functions, service } = pipeline;
  const { count, seconds, rejectedByReason, rejectedShare } = metricsOf(service);
  const sums = { period: FIVE_MINUTES, statistic: 'Sum' };
  const dashboard = new Dashboard(scope, 'Dashboard');
  dashboard.addWidgets(
    new TextWidget({
      markdown: `Preference data of **${service}**. What each alarm means, and what to do: docs/operations.md.`,
      ...{ width: 24, height: 1 },
    }),
  );
  dashboard.addWidgets(
    graph('Runs', [
      stateMachine.metricStarted(sums),
      stateMachine.metricSucceeded(sums),
      stateMachine.metricFailed(sums),
      stateMachine.metricTimedOut(sums),
      stateMachine.metricAborted(sums),
    ]),
    graph('Duration of runs, ms', [
      stateMachine.metricTime({ period: FIVE_MINUTES, statistic: 'Average', label: 'mean' }),
      stateMachine.metricTime({ period: FIVE_MINUTES, statistic: 'Maximum', label: 'longest' }),
    ]),
    graph('Shards planned', [count('Shards')]),
  );
  dashboard.addWidgets(
    graph('Items, candidates, pairs', [count('Items'), count('Candidates'), count('Pairs')]),
    graph('Trace bytes read', [count('Bytes')]),
    graph('Examples asked of workflows', [count('ExamplesAnswered'), count('ExamplesFailed')]),
  );
  dashboard.addWidgets(
    graph('Rejected items, %', [rejectedShare()]),
    graph('Rejected items and candidates, by reason', [rejectedByReason()]),
    graph(
      'Failed calls of the steps',
      functions.map((one) => one.metricErrors({ ...sums, label: one.node.id })),
    ),
  );
  dashboard.addWidgets(
    graph(
      'Longest call, s',
      STAGES.map((stage) => seconds(stage, 'Maximum')),
    ),
    graph('Throttled', [
      stateMachine.metricThrottled({ ...sums, label: 'state transitions' }),
      ...functions.map((one) => one.metricThrottles({ ...sums, label: one.node.id })),
    ]),
    graph('Map Runs, and events in dead-letter queues', [
      openMapRuns(),
      deadLetters.metricApproximateNumberOfMessagesVisible({ label: 'uploads without a run', period: FIVE_MINUTES }),
      pipeline.unrecordedEnds.metricApproximateNumberOfMessagesVisible({
        ...{ label: 'unrecorded ends', period: FIVE_MINUTES },
      }),
    ]),
  );
  return dashboard;
}

const graph = (title: string, left: readonly IMetric[]): GraphWidget =>
  new GraphWidget({ title, left: [...left], width: 8, height: 6 });

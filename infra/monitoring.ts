import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Dashboard, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { pipelineDashboard } from './dashboard.ts';
import { FIVE_MINUTES, metricsOf, openMapRuns, sumOf } from './metrics.ts';
import type { DpoPipeline } from './pipeline.ts';

export interface PipelineMonitoringProps {
  /** What is watched. */
  readonly pipeline: DpoPipeline;
  /** Of the rule that starts runs: `UploadTrigger.deadLetters`. */
  readonly deadLetters: IQueue;
  /** Where alarms go, and that they are over. Without one they are seen in CloudWatch only. */
  readonly alarmTopic?: ITopic | undefined;
}

/** What an operator looks at, and what calls one: each alarm's description names its section of docs/operations.md. */
export class PipelineMonitoring extends Construct {
  readonly dashboard: Dashboard;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: PipelineMonitoringProps) {
    super(scope, id);
    this.dashboard = pipelineDashboard(this, props);
    this.alarms = alarms(props).map((spec) => alarm(this, spec, props.alarmTopic));
  }
}

interface AlarmSpec {
  readonly id: string;
  /** What happened, for the person who is called. */
  readonly says: string;
  /** Of docs/operations.md. */
  readonly section: string;
  readonly metric: IMetric;
  /** Alarms from here on. */
  readonly threshold: number;
  /** For so many of the metric's periods in a row; one. */
  readonly periods?: number;
}

function alarms({ pipeline, deadLetters }: PipelineMonitoringProps): readonly AlarmSpec[] {
  const { stateMachine, functions, service } = pipeline;
  const recent = { period: FIVE_MINUTES };
  return [
    {
      ...{ id: 'RunsFailed', says: 'A run failed.', section: 'runs-failed' },
      ...{ metric: stateMachine.metricFailed(recent), threshold: 1 },
    },
    {
      ...{ id: 'RunsTimedOut', says: 'A run exceeded its time limit.', section: 'runs-timed-out' },
      ...{ metric: stateMachine.metricTimedOut(recent), threshold: 1 },
    },
    {
      ...{ id: 'RunsThrottled', says: 'Step Functions throttles runs.', section: 'runs-throttled' },
      // It tries again by itself: what lasts for a quarter of an hour is what slows runs down.
      ...{ metric: stateMachine.metricThrottled(recent), threshold: 1, periods: 3 },
    },
    {
      ...{ id: 'FunctionsThrottled', says: 'Lambda throttles calls of the steps.', section: 'functions-throttled' },
      metric: sumOf(functions.filter(isOfRuns), (one) => one.metricThrottles(recent), 'throttled calls'),
      ...{ threshold: 1, periods: 3 },
    },
    {
      ...{ id: 'RejectedShare', says: 'Many trace items cannot be read.', section: 'rejected-share' },
      // Half of what fails a run by default (limits.max_rejected_fraction, 0.1).
      ...{ metric: metricsOf(service).rejectedShare(Duration.hours(1)), threshold: 5 },
    },
    {
      ...{ id: 'MapRunsOpen', says: 'The account is close to its limit of open Map Runs.', section: 'map-runs-open' },
      // Of 1,000; AWS's own advice.
      ...{ metric: openMapRuns(), threshold: 900 },
    },
    {
      ...{ id: 'UploadsWithoutRun', says: 'An upload started no run.', section: 'uploads-without-run' },
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ ...recent, statistic: 'Maximum' }),
      threshold: 1,
    },
    {
      ...{ id: 'UnrecordedEnds', says: 'How a run ended could not be recorded.', section: 'unrecorded-ends' },
      metric: pipeline.unrecordedEnds.metricApproximateNumberOfMessagesVisible({ ...recent, statistic: 'Maximum' }),
      threshold: 1,
    },
  ];
}

/**
 * An alarm adds up ten metrics at most. What RecordFailure fails at is kept in its queue, which has an alarm of its own;
 * PlanTraces is called once a run.
 */
const isOfRuns = ({ node }: IFunction): boolean => !['RecordFailure', 'PlanTraces'].includes(node.id);

function alarm(scope: Construct, spec: AlarmSpec, topic: ITopic | undefined): Alarm {
  const { id, says, section, metric, threshold, periods = 1 } = spec;
  const made = new Alarm(scope, id, {
    ...{ metric, threshold, evaluationPeriods: periods },
    alarmDescription: `${says} Meaning, where to look, what to do: docs/operations.md#${section}`,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    // No run, no trouble.
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  if (!topic) acknowledge(made, 'NIST.800.53.R5-CloudWatchAlarmAction', NO_TOPIC);
  if (topic) {
    made.addAlarmAction(new SnsAction(topic));
    made.addOkAction(new SnsAction(topic));
  }
  return made;
}

const NO_TOPIC =
  'The owner of the stack decides who gets the alarms (alarmTopicArn); without a topic, alarms are visible in CloudWatch only.';

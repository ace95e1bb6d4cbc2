import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type CountName, NAMESPACE, REJECTED, SECONDS, type Stage } from '../functions/observability/metric-names.ts';

/** The metrics of one pipeline's functions; `service` is its name among others. */
export function metricsOf(service: string) {
  const count = (metricName: CountName, period: Duration = FIVE_MINUTES): Metric =>
    new Metric({ namespace: NAMESPACE, metricName, dimensionsMap: { service }, statistic: 'Sum', period });
  return {
    count,
    seconds: (stage: Stage, statistic: string): Metric =>
      new Metric({
        ...{ namespace: NAMESPACE, metricName: SECONDS, dimensionsMap: { service, stage }, statistic },
        ...{ label: stage, period: FIVE_MINUTES },
      }),
    /** One line for each reason that there was. */
    rejectedByReason: (): IMetric =>
      new MathExpression({
        expression: `SEARCH('{${NAMESPACE},service,reason} MetricName="${REJECTED}" service="${service}"', 'Sum', ${FIVE_MINUTES.toSeconds()})`,
        label: '',
        period: FIVE_MINUTES,
      }),
    /** Percent of the trace items. */
    rejectedShare: (period: Duration = FIVE_MINUTES): IMetric =>
      new MathExpression({
        expression: 'IF(items > 0, 100 * rejected / items, 0)',
        usingMetrics: { items: count('Items', period), rejected: count('RejectedItems', period) },
        label: 'rejected items, %',
        period,
      }),
  };
}

export const FIVE_MINUTES = Duration.minutes(5);

/** Of the account's 1,000: Step Functions has no such metric for one state machine. */
export const openMapRuns = (): Metric =>
  new Metric({
    ...{ namespace: 'AWS/States', metricName: 'ApproximateOpenMapRunCount', statistic: 'Maximum' },
    ...{ label: 'open Map Runs of the account', period: FIVE_MINUTES },
  });

/** A metric of each function, added up. */
export function sumOf(functions: readonly IFunction[], metric: (one: IFunction) => Metric, label: string): IMetric {
  const usingMetrics = Object.fromEntries(functions.map((one, index) => [`m${index}`, metric(one)]));
  const expression = `SUM([${Object.keys(usingMetrics).join(', ')}])`;
  return new MathExpression({ expression, usingMetrics, label, period: FIVE_MINUTES });
}

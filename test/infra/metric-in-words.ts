import * as z from 'zod';

/** What an alarm watches, in words. */
export function metricInWords(properties: Readonly<Record<string, unknown>>): string {
  const says = ({ Namespace, MetricName, Dimensions }: z.infer<typeof Single>, stat: string, period: number) => {
    const of = Dimensions.map(({ Value }) => ` of ${Value}`).join('');
    return `${stat} of ${Namespace} ${MetricName}${of} over ${period} s`;
  };
  const math = Expression.safeParse(properties);
  if (!math.success) {
    const { Statistic: stat, Period } = Statistic.parse(properties);
    return says(Single.parse(properties), stat, Period);
  }
  const expression = math.data.Metrics.flatMap((one) => ('Expression' in one ? [one.Expression] : []));
  const metrics = math.data.Metrics.flatMap((one) =>
    'MetricStat' in one ? [says(one.MetricStat.Metric, one.MetricStat.Stat, one.MetricStat.Period)] : [],
  );
  return [...expression, metrics.join(', ')].join(': ');
}

const Single = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Value: z.string() })).default([]),
});
const Statistic = z.object({ Statistic: z.string(), Period: z.int() });
const Expression = z.object({
  Metrics: z.array(
    z.union([
      z.object({ Expression: z.string() }),
      z.object({ MetricStat: z.object({ Metric: Single, Period: z.int(), Stat: z.string() }) }),
    ]),
  ),
});

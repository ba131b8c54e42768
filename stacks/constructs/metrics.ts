import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'

type Dimensions = Readonly<Record<string, string>>

/** A metric that AWS publishes, by its name: one value per minute. */
export function metricOf(
  namespace: string,
  metricName: string,
  dimensions: Dimensions,
  statistic: string,
): Metric {
  return new Metric({
    namespace,
    metricName,
    dimensionsMap: { ...dimensions },
    statistic,
    period: Duration.minutes(1),
  })
}

/** A metric of a function, which has the same name in every place. */
export function functionMetric(functionName: string, metricName: string, statistic: string) {
  return metricOf('AWS/Lambda', metricName, { FunctionName: functionName }, statistic)
}

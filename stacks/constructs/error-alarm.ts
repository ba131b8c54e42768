import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'

/** Two bad minutes out of five: one failed deployment or a retried batch does not wake anyone. */
const EVALUATED_MINUTES = 5
const BAD_MINUTES = 2

/**
 * Rings when a function keeps failing. `impact` is the sentence a person on call reads first: what
 * users notice, not what broke.
 */
export function errorAlarm(scope: Construct, lambda: LambdaFunction, impact: string): Alarm {
  return new Alarm(scope, 'Errors', {
    alarmDescription: impact,
    metric: lambda.metricErrors({ period: Duration.minutes(1), statistic: 'Sum' }),
    threshold: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: EVALUATED_MINUTES,
    datapointsToAlarm: BAD_MINUTES,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  })
}

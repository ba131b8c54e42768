import { Duration } from 'aws-cdk-lib'
import type { RestApi } from 'aws-cdk-lib/aws-apigateway'
import {
  Alarm,
  ComparisonOperator,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
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
  const metric = lambda.metricErrors({ period: Duration.minutes(1), statistic: 'Sum' })
  return alarmOn(scope, 'Errors', metric, impact)
}

/**
 * Rings when the API keeps answering 5xx. A function that answers 503 has not failed for Lambda, so
 * its own alarm stays silent when the log or the database is away.
 */
export function serverErrorAlarm(restApi: RestApi): Alarm {
  const metric = restApi.metricServerError({ period: Duration.minutes(1), statistic: 'Sum' })
  return alarmOn(restApi, 'ServerErrors', metric, 'Calls are refused: hooks have to be sent again.')
}

function alarmOn(scope: Construct, id: string, metric: Metric, impact: string): Alarm {
  return new Alarm(scope, id, {
    alarmDescription: impact,
    metric,
    threshold: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: EVALUATED_MINUTES,
    datapointsToAlarm: BAD_MINUTES,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  })
}

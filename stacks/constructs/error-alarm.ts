import { Duration } from 'aws-cdk-lib'
import type { RestApi } from 'aws-cdk-lib/aws-apigateway'
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { alarm } from './alarm.ts'

/**
 * Rings when a function keeps failing. `impact` is the sentence a person on call reads first: what
 * users notice, not what broke.
 */
export function errorAlarm(
  scope: Construct,
  name: string,
  lambda: LambdaFunction,
  impact: string,
): Alarm {
  const metric = lambda.metricErrors({ period: Duration.minutes(1), statistic: 'Sum' })
  return alarm(scope, { name: `${name}-errors`, impact, metric, threshold: 1 })
}

/**
 * Rings when the API keeps answering 5xx. A function that answers 503 has not failed for Lambda, so
 * its own alarm stays silent when the log or the database is away.
 */
export function serverErrorAlarm(restApi: RestApi): Alarm {
  return alarm(restApi, {
    name: 'front-door-errors',
    impact: 'Calls are refused: hooks have to be sent again.',
    metric: restApi.metricServerError({ period: Duration.minutes(1), statistic: 'Sum' }),
    threshold: 1,
  })
}

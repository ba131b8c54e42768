import type { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { failedInvocations } from './failed-invocations.ts'
import type { ServiceFunction } from './service-function.ts'

/** A missed run is not made up for: the next one does its work. */
const RETRIES = 0

/** Calls a function again and again. */
export function scheduleEvery(
  interval: Duration,
  target: ServiceFunction,
  { keepsFailedInvocations }: Readonly<{ keepsFailedInvocations: boolean }>,
): Rule {
  return new Rule(target, 'Schedule', {
    description: `Runs ${target.name}`,
    schedule: Schedule.rate(interval),
    targets: [
      new LambdaFunction(target.lambda, {
        retryAttempts: RETRIES,
        ...(keepsFailedInvocations ? { deadLetterQueue: failedInvocations(target) } : {}),
      }),
    ],
  })
}

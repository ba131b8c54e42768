import { Stack } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'

type AlarmSettings = Readonly<{
  /** What it is called in docs/runbook.md, and on the phone of whoever is on call. */
  name: string
  /** What users notice; the first sentence that a person on call reads. */
  impact: string
  /** One value per minute. */
  metric: IMetric
  /** Rings from this value on; below it when `below` is set. */
  threshold: number
  below?: boolean
  /** Rings when so many of the last `of` values are bad. */
  bad?: number
  of?: number
  /** Whether no value at all is bad too. */
  silenceIsBad?: boolean
  /** Part of a composite alarm, which speaks for it. */
  quiet?: boolean
}>

/** Two bad minutes out of five: one failed deployment or a retried batch does not wake anyone. */
const EVALUATED_MINUTES = 5
const BAD_MINUTES = 2

/** Rings when a metric stays bad. In AWS every alarm that is not quiet reaches the alarm topic. */
export function alarm(scope: Construct, settings: AlarmSettings): Alarm {
  const { name, impact, metric, threshold, below, silenceIsBad, quiet } = settings
  return new Alarm(scope, `Alarm-${name}`, {
    alarmName: alarmName(scope, name),
    alarmDescription: impact,
    metric,
    threshold,
    comparisonOperator: below
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: settings.of ?? EVALUATED_MINUTES,
    datapointsToAlarm: settings.bad ?? BAD_MINUTES,
    treatMissingData: silenceIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    ...(quiet ? { actionsEnabled: false } : {}),
  })
}

/** `omninode-<stage>-<name>`: the stage keeps two of them in one account apart. */
export function alarmName(scope: Construct, name: string): string {
  const [system, stage] = Stack.of(scope).stackName.split('-')
  return `${system}-${stage}-${name}`
}

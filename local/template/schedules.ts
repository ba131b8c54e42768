import type { NameOf } from './functions.ts'
import type { ResolvedResource } from './stacks.ts'

/** A function called again and again. */
export type SchedulePlan = Readonly<{
  rule: string
  functionName: string
  everyMs: number
  /** What it is called with instead of the scheduled event. */
  input?: unknown
}>

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

/** Milliseconds between two runs of `rate(5 minutes)` (EventBridge user guide, "Rate expressions"). */
export function rateMs(expression: string): number | undefined {
  const match = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression)
  const unit = UNIT_MS[match?.[2] ?? '']
  return match && unit ? Number(match[1]) * unit : undefined
}

/** The schedules of all stacks. @throws `Error` for an expression that is not known here. */
export function schedulesOf(
  resources: readonly ResolvedResource[],
  nameOf: NameOf,
): readonly SchedulePlan[] {
  return resources
    .filter(({ type, properties }) => {
      return type === 'AWS::Events::Rule' && properties.State !== 'DISABLED'
    })
    .flatMap(({ logicalId, properties }) => {
      const expression = String(properties.ScheduleExpression)
      const everyMs = rateMs(expression)
      if (!everyMs) throw new Error(`rule ${logicalId}: ${expression} is not known here`)
      const targets = (properties.Targets ?? []) as readonly { Arn: string; Input?: string }[]
      return targets.map(({ Arn, Input }) => ({
        rule: logicalId,
        functionName: nameOf(Arn),
        everyMs,
        ...(Input === undefined ? {} : { input: JSON.parse(Input) as unknown }),
      }))
    })
}

import type { ResolvedResource } from './stacks.ts'

/** One Lambda function, as its template describes it. */
export type FunctionPlan = Readonly<{
  name: string
  arn: string
  /** Where its bundle lies. */
  folder: string
  /** `<file without ending>.<export>` */
  handler: string
  environment: Readonly<Record<string, string>>
  timeoutMs: number
  memoryMb: number
  /** Invocations at once, at most. */
  maxConcurrency: number
}>

/** The name of a function by its ARN or name. @throws `Error` for one that is not there. */
export type NameOf = (arn: string) => string

/** Lambda's own defaults: timeout 3 s, 128 MB, and the account's concurrency. */
const DEFAULT_TIMEOUT_S = 3
const DEFAULT_MEMORY_MB = 128
const ACCOUNT_CONCURRENCY = 1_000

/** The functions of all stacks. @throws `Error` when one's code is missing. */
export function functionsOf(
  resources: readonly ResolvedResource[],
  assets: ReadonlyMap<string, string>,
): readonly FunctionPlan[] {
  return resources
    .filter(({ type }) => type === 'AWS::Lambda::Function')
    .map(({ logicalId, properties }) => {
      const name = String(properties.FunctionName ?? logicalId)
      const code = properties.Code as { S3Key?: string } | undefined
      const folder = assets.get(code?.S3Key ?? '')
      if (!folder) throw new Error(`the code of ${name} is not among the stage's assets`)
      const environment = properties.Environment as
        | { Variables?: Record<string, string> }
        | undefined
      return {
        name,
        arn: `arn:aws:lambda:local:000000000000:function:${name}`,
        folder,
        handler: String(properties.Handler),
        environment: environment?.Variables ?? {},
        timeoutMs: Number(properties.Timeout ?? DEFAULT_TIMEOUT_S) * 1_000,
        memoryMb: Number(properties.MemorySize ?? DEFAULT_MEMORY_MB),
        maxConcurrency: Number(properties.ReservedConcurrentExecutions ?? ACCOUNT_CONCURRENCY),
      }
    })
}

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
  /**
   * The module in its folder by which a place that can runs it for long: requests are handed to it as
   * they come in, and none becomes an event.
   */
  server?: string
  /** Called now and then: it is loaded when it is called. */
  seldom?: boolean
}>

/** The name of a function by its ARN or name. @throws `Error` for one that is not there. */
export type NameOf = (arn: string) => string

/** Lambda's own defaults: timeout 3 s, 128 MB, and the account's concurrency. */
const DEFAULT_TIMEOUT_S = 3
const DEFAULT_MEMORY_MB = 128
const ACCOUNT_CONCURRENCY = 1_000

/** Where a function's template names its `server` (stacks/constructs/service-function.ts). */
export const SERVER_METADATA = 'omninode:server'
const SELDOM_METADATA = 'omninode:seldom'

/** Finds names among functions. */
export function namesOf(functions: readonly Pick<FunctionPlan, 'name' | 'arn'>[]): NameOf {
  return (arn) => {
    const found = functions.find((one) => one.arn === arn || one.name === arn)
    if (!found) throw new Error(`the template calls ${arn}, which is no function of its own`)
    return found.name
  }
}

/** How a function may be called. */
export type FunctionLimits = Pick<FunctionPlan, 'name' | 'arn' | 'timeoutMs' | 'maxConcurrency'>

/** What a caller needs to know of the functions of all stacks. */
export function functionLimitsOf(
  resources: readonly ResolvedResource[],
): readonly FunctionLimits[] {
  return resources.filter(({ type }) => type === 'AWS::Lambda::Function').map(limitsOf)
}

function limitsOf({ logicalId, properties }: ResolvedResource): FunctionLimits {
  const name = String(properties.FunctionName ?? logicalId)
  return {
    name,
    arn: `arn:aws:lambda:local:000000000000:function:${name}`,
    timeoutMs: Number(properties.Timeout ?? DEFAULT_TIMEOUT_S) * 1_000,
    maxConcurrency: Number(properties.ReservedConcurrentExecutions ?? ACCOUNT_CONCURRENCY),
  }
}

/** The functions of all stacks. @throws `Error` when one's code is missing. */
export function functionsOf(
  resources: readonly ResolvedResource[],
  assets: ReadonlyMap<string, string>,
): readonly FunctionPlan[] {
  return resources
    .filter(({ type }) => type === 'AWS::Lambda::Function')
    .map((resource) => {
      const { properties, metadata } = resource
      const server = metadata[SERVER_METADATA]
      const limits = limitsOf(resource)
      const code = properties.Code as { S3Key?: string } | undefined
      const folder = assets.get(code?.S3Key ?? '')
      if (!folder) throw new Error(`the code of ${limits.name} is not among the stage's assets`)
      const environment = properties.Environment as
        | { Variables?: Record<string, string> }
        | undefined
      return {
        ...limits,
        folder,
        handler: String(properties.Handler),
        environment: environment?.Variables ?? {},
        memoryMb: Number(properties.MemorySize ?? DEFAULT_MEMORY_MB),
        ...(typeof server === 'string' ? { server } : {}),
        ...(metadata[SELDOM_METADATA] === true ? { seldom: true } : {}),
      }
    })
}

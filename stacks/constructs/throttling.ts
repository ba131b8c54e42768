import { Duration } from 'aws-cdk-lib'
import type { MethodDeploymentOptions } from 'aws-cdk-lib/aws-apigateway'
import type { Route } from '#shared/domain/http/route.ts'

/** The longest a request may take before API Gateway answers 504 itself. */
export const MAX_INTEGRATION_TIMEOUT = Duration.seconds(29)

/** Requests per second, and how many more a moment may bring (a token bucket's rate and size). */
export type Limit = Readonly<{ rate: number; burst: number }>

/**
 * What each kind of call may take of the account's default 10,000 requests/s (burst 5,000) and
 * 1,000 concurrent executions. Whatever is beyond is answered 429 and costs no function.
 */
const limits = {
  /** 1,000/s at 30 ms each hold 30 executions; the burst leaves room for some seconds of failover. */
  intake: { rate: 1_000, burst: 2_000 },
  /** Queries of up to some 100 ms on the reader. */
  reading: { rate: 200, burst: 400 },
  /** Every stream holds an execution for up to 15 min, of the 100 that `live` has. */
  streams: { rate: 5, burst: 20 },
  /** Calls between services; at 100 ms each they hold 50 executions of the 150 that `tool-proxy` has. */
  calls: { rate: 500, burst: 1_000 },
  /** People and scripts that manage keys and sources. */
  administration: { rate: 20, burst: 40 },
} as const satisfies Record<string, Limit>

/** What a method may take that has no limit of its own. */
export const stageLimit: Limit = limits.reading

/**
 * Settings by method, in the form of a stage's method options: `/hooks/POST`. A method with settings
 * of its own takes none from the stage, so each carries `common` too.
 */
export function methodLimits(
  routes: readonly Route[],
  common: MethodDeploymentOptions,
): Record<string, MethodDeploymentOptions> {
  return Object.fromEntries(
    routes.map((route) => {
      const { rate, burst } = limits[kindOf(route)]
      const settings = { ...common, throttlingRateLimit: rate, throttlingBurstLimit: burst }
      return [`${route.path}/${route.method}`, settings]
    }),
  )
}

function kindOf({ access, streaming, path }: Route): keyof typeof limits {
  if (path.startsWith('/proxy')) return 'calls'
  if (streaming) return 'streams'
  if (access === 'operator' || access === 'admin') return 'administration'
  return path.startsWith('/hooks') ? 'intake' : 'reading'
}

import { parameterNames } from '../http/route-table.ts'
import type { SystemPlan } from '../template/system.ts'
import { FunctionHost, type FunctionLog } from './function-host.ts'

/** All functions of the system. */
export type FunctionHosts = Readonly<{
  of(name: string): FunctionHost
  /** Loads every function once; what does not load is told to the log, and tried again later. */
  warm(): Promise<void>
  close(): Promise<void>
}>

/** How often invocations are looked at whose time may be over, ms. */
const EXPIRY_CHECK_MS = 200

/** Opens the functions of a plan; each gets its own environment and nothing of ours. */
export function functionHosts(
  plan: SystemPlan,
  compileCache: string,
  log: FunctionLog,
): FunctionHosts {
  const api = { id: plan.api.id, stage: plan.api.stage }
  const routes = plan.api.routes.map(({ path }) => ({ path, params: parameterNames(path) }))
  const hosts = new Map(
    plan.functions.map((each) => {
      const { name, arn, folder, handler, memoryMb } = each
      const settings = { functionName: name, arn, folder, handler, memoryMb, api, routes }
      const variables = {
        ...lambdaVariables(each),
        BRIDGE_COMPILE_CACHE: compileCache,
        ...each.environment,
      }
      return [name, new FunctionHost(each, settings, variables, log)] as const
    }),
  )
  const timer = setInterval(() => {
    const now = Date.now()
    for (const host of hosts.values()) host.expire(now)
  }, EXPIRY_CHECK_MS)
  timer.unref()

  return {
    of(name) {
      const host = hosts.get(name)
      if (!host) throw new Error(`there is no function ${name}`)
      return host
    },
    async warm() {
      // The reason of a failure is in the log already.
      await Promise.allSettled([...hosts.values()].map((host) => host.warm()))
    },
    async close() {
      clearInterval(timer)
      await Promise.all([...hosts.values()].map((host) => host.close()))
    },
  }
}

/** What Lambda's runtime sets (developer guide, "Defined runtime environment variables"). */
function lambdaVariables(plan: SystemPlan['functions'][number]): Record<string, string> {
  return {
    AWS_LAMBDA_FUNCTION_NAME: plan.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(plan.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${plan.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: 'local',
    LAMBDA_TASK_ROOT: plan.folder,
    _HANDLER: plan.handler,
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
  }
}

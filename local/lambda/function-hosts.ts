import { join } from 'node:path'
import { type HostedFunction, hostFunction } from '#shared/adapters/http-server/hosted-function.ts'
import { parameterNames } from '../http/route-table.ts'
import type { FunctionPlan } from '../template/functions.ts'
import type { SystemPlan } from '../template/system.ts'
import { FunctionHost, type FunctionLog } from './function-host.ts'

/** All functions of the system. */
export type FunctionHosts = Readonly<{
  of(name: string): FunctionHost
  /** Those that take requests as they come in, once they are loaded. */
  hosted: ReadonlyMap<string, HostedFunction>
  /**
   * Loads every function that is called often; what does not load is told to the log, and tried again
   * later.
   *
   * @throws `Error` when one does not load that runs in this process
   */
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
  const variablesOf = (each: FunctionPlan) => ({
    ...lambdaVariables(each),
    BRIDGE_COMPILE_CACHE: compileCache,
    ...each.environment,
  })
  const hosts = new Map(
    plan.functions
      .filter(({ server }) => server === undefined)
      .map((each) => {
        const { name, arn, folder, handler, memoryMb } = each
        const background = !plan.api.routes.some(({ functionName }) => functionName === name)
        const own = { functionName: name, arn, folder, handler, memoryMb, background }
        const settings = { ...own, api, routes }
        return [name, new FunctionHost(each, settings, variablesOf(each), log)] as const
      }),
  )
  const hosted = new Map<string, HostedFunction>()
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
    hosted,
    async warm() {
      // The reason of a failure is in the log already.
      const expected = [...hosts.values()].filter((host) => !host.plan.seldom)
      const warming = Promise.allSettled(expected.map((host) => host.warm()))
      for (const each of plan.functions) {
        const { name, folder, server } = each
        if (server === undefined) continue
        const environment = variablesOf(each)
        hosted.set(name, await hostFunction({ name, module: join(folder, server), environment }))
      }
      await warming
    },
    async close() {
      clearInterval(timer)
      const all = [...hosted.values(), ...hosts.values()]
      await Promise.all(all.map((host) => host.close()))
    },
  }
}

/** What Lambda's runtime sets (developer guide, "Defined runtime environment variables"). */
function lambdaVariables(plan: FunctionPlan): Record<string, string> {
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

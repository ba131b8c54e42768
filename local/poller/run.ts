import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { errorFields, log } from '#shared/log.ts'
import { readAssembly } from '../template/assembly.ts'
import { type PollingPlan, planPolling } from '../template/polling.ts'
import { startPoller } from './poller.ts'
import type { PollerSettings } from './settings.ts'

/** What is left to the functions when it is told to stop: the longest time-out and a little more, ms. */
const STOP_MARGIN_MS = 5_000

/** Runs a poller until a signal ends it. @throws `Error` when there is nothing to run. */
export async function runPoller(settings: PollerSettings): Promise<void> {
  const plan = planOf(settings)
  const { eventLogUrl, listen, lagEveryMs } = settings
  const poller = await startPoller({ plan, eventLogUrl, listen, lagEveryMs })
  const functions = [...new Set(plan.mappings.map(({ functionName }) => functionName))]
  log('info', 'poller.started', {
    mappings: plan.mappings.length,
    functions,
    ...(poller.address ? { address: poller.address } : {}),
  })

  let isStopping = false
  const stop = async (signal: string): Promise<void> => {
    if (isStopping) {
      log('warn', 'poller.stopped-at-once', { signal })
      process.exit(1)
    }
    isStopping = true
    log('info', 'poller.stopping', { signal })
    const limitMs = longestTimeoutMs(plan) + STOP_MARGIN_MS
    setTimeout(() => {
      log('error', 'poller.stopped-at-once', { error: `not done after ${limitMs} ms` })
      process.exit(1)
    }, limitMs).unref()
    await poller.stop()
    log('info', 'poller.stopped')
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stop(signal).catch((error: unknown) => {
        log('error', 'poller.stop-failed', errorFields(error))
        process.exit(1)
      })
    })
  }
}

function planOf({ assembly, brokers, functions }: PollerSettings): PollingPlan {
  if (!existsSync(join(assembly, 'manifest.json'))) {
    throw new Error(`There is no synthesised stage in ${assembly}: run npm run synth first.`)
  }
  const plan = planPolling(readAssembly(assembly), brokers)
  const unknown = functions.find((name) => !plan.functions.has(name))
  if (unknown) throw new Error(`The stage has no function ${unknown}.`)
  const mappings = plan.mappings.filter(
    ({ functionName }) => functions.length === 0 || functions.includes(functionName),
  )
  if (mappings.length === 0) throw new Error('The stage has no mapping of a topic for these.')
  return { ...plan, mappings }
}

function longestTimeoutMs({ functions }: PollingPlan): number {
  return Math.max(...[...functions.values()].map(({ timeoutMs }) => timeoutMs))
}

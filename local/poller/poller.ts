import { setTimeout as pause } from 'node:timers/promises'
import { openEventConsumer, openEventLog, openLogBrowser } from '#shared/adapters/event-log.ts'
import { backoffMs } from '#shared/domain/backoff.ts'
import { Failure } from '#shared/errors.ts'
import { errorFields, log } from '#shared/log.ts'
import type { Consumption } from '#shared/ports/event-consumer.ts'
import type { Outcome } from '../lambda/outcome.ts'
import type { MappingPlan } from '../template/mappings.ts'
import type { PollingPlan } from '../template/polling.ts'
import { lambdaClient, lambdaInvoker } from '../triggers/lambda-invoker.ts'
import { type MappingParts, type RecordInvoker, runMapping } from '../triggers/mapping.ts'
import { lagReader, summedLag } from './lag.ts'
import { pollerStatus } from './status.ts'
import { openStatusServer } from './status-server.ts'

/** A running poller. */
export type Poller = Readonly<{
  /** Where its status can be asked for. */
  address: string | undefined
  /** Begins nothing new, waits for the batches in flight and keeps their positions. */
  stop(): Promise<void>
}>

type PollerOptions = Readonly<{
  plan: PollingPlan
  eventLogUrl: string
  listen: Readonly<{ host: string; port: number }> | undefined
  /** 0 for never. */
  lagEveryMs: number
}>

const MOST_SOCKETS = 512

/** Reads the topics of a plan and invokes its functions through the AWS API. */
export async function startPoller(options: PollerOptions): Promise<Poller> {
  const { plan, eventLogUrl, listen, lagEveryMs } = options
  const { mappings } = plan
  const status = pollerStatus(mappings.map(({ group }) => group))
  const browser = await openLogBrowser(eventLogUrl)
  const lag = lagReader(browser, mappings)
  const server = listen && (await openStatusServer(listen, status, lag))
  const consumer = await openEventConsumer(eventLogUrl)
  const deadLetters = await openEventLog(eventLogUrl)
  const invokerOf = invokers(plan, (name, outcome) => {
    const news = status.heard(name, outcome)
    if (news === 'up') log('info', 'function.reachable', { function: name })
    if (news !== 'down' || outcome.type !== 'unreachable') return
    log('error', 'function.unreachable', { function: name, error: outcome.message })
  })

  const stopping = new AbortController()
  const starting = mappings.map(async (mapping) => {
    const host = invokerOf(mapping.functionName)
    const parts = { consumer, deadLetters, host, joined: false, log, now: Date.now }
    const consumption = await startPatiently(mapping, parts, stopping.signal)
    if (consumption) status.reading(mapping.group)
    return consumption
  })
  const reporting = reportLag(lag, lagEveryMs, stopping.signal)

  return {
    address: server?.address,
    async stop() {
      stopping.abort()
      const consumptions = await Promise.all(starting)
      await Promise.all(consumptions.map((one) => one?.stop()))
      await reporting
      await Promise.all([server?.close(), consumer.close(), deadLetters.close(), browser.close()])
    },
  }
}

/** One invoker for all mappings of a function, so that its concurrency is kept. */
function invokers(plan: PollingPlan, heard: (functionName: string, outcome: Outcome) => void) {
  const client = lambdaClient(MOST_SOCKETS)
  const byFunction = new Map<string, RecordInvoker>()
  for (const { name, timeoutMs, maxConcurrency } of plan.functions.values()) {
    const target = { functionName: name, timeoutMs, maxConcurrency }
    const invoker = lambdaInvoker(client, { ...target, heard: (outcome) => heard(name, outcome) })
    byFunction.set(name, invoker)
  }
  return (name: string): RecordInvoker => {
    const invoker = byFunction.get(name)
    if (!invoker) throw new Error(`the template has no function ${name}`)
    return invoker
  }
}

/** Starts a mapping as soon as its topic and the log are there; undefined when stopped before. */
async function startPatiently(
  mapping: MappingPlan,
  parts: MappingParts,
  signal: AbortSignal,
): Promise<Consumption | undefined> {
  const { functionName, topic, group } = mapping
  let told: string | undefined
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      return await runMapping(mapping, parts)
    } catch (error) {
      const isMissing = error instanceof Failure && error.kind === 'NotFound'
      const advice = isMissing ? { advice: 'npm run topics makes the topics' } : {}
      // Told once, not with every try.
      if (told !== String(error)) {
        const about = { function: functionName, topic, group }
        log('error', 'mapping.not-started', { ...about, ...errorFields(error), ...advice })
      }
      told = String(error)
      await quietly(pause(backoffMs(tries, Math.random(), RETRY), undefined, { signal }))
    }
  }
  return undefined
}

const RETRY = { leastMs: 500, mostMs: 15_000 }

/** A line about lag every now and then, until stopped. */
async function reportLag(
  lag: () => ReturnType<ReturnType<typeof lagReader>>,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (everyMs > 0 && !signal.aborted) {
    await quietly(pause(everyMs, undefined, { signal }))
    if (signal.aborted) return
    try {
      log('info', 'poller.lag', summedLag(await lag()))
    } catch (error) {
      log('warn', 'poller.lag-unknown', errorFields(error))
    }
  }
}

/** A pause that is cut short is no failure. */
async function quietly(pausing: Promise<unknown>): Promise<void> {
  await pausing.catch(() => undefined)
}

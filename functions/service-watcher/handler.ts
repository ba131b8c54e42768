import { randomUUID } from 'node:crypto'
import middy from '@middy/core'
import type { ScheduledEvent } from 'aws-lambda'
import { sweepBreakers } from '#shared/adapters/breakers/sweep-breakers.ts'
import { openCatalogPublisher } from '#shared/adapters/catalog.ts'
import {
  openDirectory,
  openHealthChecks,
  openKeyValue,
  openLocks,
} from '#shared/adapters/discovery.ts'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { guardedFetch } from '#shared/adapters/network/guarded-fetch.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import { redactor } from '#shared/domain/redaction/redactor.ts'
import { env } from './env.ts'
import { serviceWatcher } from './service-watcher.ts'

const { DISCOVERY_URL, CATALOG_URL, EVENT_LOG_URL, UPSTREAM_NETWORKS } = env.parse(process.env)
/** What is under way when a run's time is nearly over gets so long to end, and its lock to be released, ms. */
const ENDING_MS = 6_000
/** An instance's answer to a check is its status; more of it is not read. bytes */
const CHECK_BYTES = 1_024

const networks = upstreamNetworks(UPSTREAM_NETWORKS)
const redact = redactor()

const keyValue = await openKeyValue(DISCOVERY_URL)

const watch = serviceWatcher({
  locks: await openLocks(DISCOVERY_URL),
  directory: await openDirectory(DISCOVERY_URL),
  keyValue,
  publisher: openCatalogPublisher(CATALOG_URL),
  eventLog: await openEventLog(EVENT_LOG_URL),
  checks: await openHealthChecks(DISCOVERY_URL),
  ask: async ({ url, timeoutMs }) => {
    const options = { networks, timeoutMs, maxBytes: CHECK_BYTES, cut: true }
    return (await guardedFetch(url, options)).status
  },
  redact: (text) => redact.text(text).text,
  sweep: () => sweepBreakers(keyValue, Date.now()),
  newId: randomUUID,
  random: Math.random,
  now: () => new Date(),
})

/** Scheduled every minute, and longer than that under way: the next run takes over from the one before. */
export const handler = middy<ScheduledEvent, void>().handler((_event, context) =>
  watch(AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - ENDING_MS))),
)

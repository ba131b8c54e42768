import { openAccessAudit } from '#shared/adapters/access-audit.ts'
import { openAccessSnapshots } from '#shared/adapters/access-snapshots.ts'
import { breakerSharing } from '#shared/adapters/breakers/breaker-sharing.ts'
import { outageGuard } from '#shared/adapters/breakers/outage-guard.ts'
import { openCallCapture } from '#shared/adapters/call-capture.ts'
import { openCallers } from '#shared/adapters/callers.ts'
import { bodyTap } from '#shared/adapters/capture/body-tap.ts'
import { readService } from '#shared/adapters/catalog/read-service.ts'
import { openCatalog } from '#shared/adapters/catalog.ts'
import { openDirectory, openKeyValue, openMesh } from '#shared/adapters/discovery.ts'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresQuotas } from '#shared/adapters/postgres/quotas.ts'
import { responseCache } from '#shared/adapters/response-cache/response-cache.ts'
import { transformer } from '#shared/adapters/transform/transformer.ts'
import { httpUpstream } from '#shared/adapters/upstream/upstream.ts'
import { instanceChooser } from '#shared/domain/resilience/instance-chooser.ts'
import { errorFields, log as writeLog } from '#shared/log.ts'
import type { Env } from './env.ts'
import { rateLimits } from './rate-limits.ts'
import { type ToolProxy, toolProxy } from './tool-proxy.ts'

/** Of kept answers, all services together. */
const CACHE_BYTES = 67_108_864
/** What a call leaves behind gets so long to be told, before an environment is frozen, ms. */
const SETTLE_MS = 1_000
const NAME = 'tool-proxy'

export type Composed = Readonly<{
  proxy: ToolProxy
  /** Waits, not for long, until what calls left behind is on the log and with the other environments. */
  settle(): Promise<void>
  close(): Promise<void>
}>

/**
 * Puts the proxy together for a place.
 *
 * @param apart whether calls are captured by a thread of its own.
 */
export async function compose(
  env: Env,
  { apart }: Readonly<{ apart: boolean }>,
): Promise<Composed> {
  const networks = upstreamNetworks(env.UPSTREAM_NETWORKS)
  const snapshots = openAccessSnapshots(env.ACCESS_SNAPSHOT_URL)
  const [log, keyValue, directory, capture] = await Promise.all([
    openEventLog(env.EVENT_LOG_URL),
    openKeyValue(env.DISCOVERY_URL),
    openDirectory(env.DISCOVERY_URL),
    openCallCapture(env.EVENT_LOG_URL, { apart }),
  ])
  const guard = outageGuard({ name: 'the directory' })
  const catalog = openCatalog(env.CATALOG_URL, {
    readThrough: readService({ directory: guard(directory), keyValue: guard(keyValue) }),
  })
  const upstream = httpUpstream({ networks, mesh: await openMesh(env.DISCOVERY_URL) })
  const sharing = breakerSharing({ keyValue, log, source: NAME })
  const quotas =
    env.DATABASE_URL === ''
      ? undefined
      : postgresQuotas(connect(env.DATABASE_URL, { applicationName: NAME, max: 2 }))

  const proxy = toolProxy({
    callers: openCallers({ snapshots, networks, now: () => new Date() }),
    snapshots,
    audit: openAccessAudit(env.EVENT_LOG_URL, NAME),
    catalog,
    limits: rateLimits(quotas ?? NO_QUOTAS, { nowMs: Date.now }),
    chooser: instanceChooser({ random: Math.random, onTransition: sharing.share }),
    ...{ upstream, capture },
    cache: responseCache({ maxBytes: CACHE_BYTES }),
    transformer: transformer(),
    tap: bodyTap,
    report: (record) => {
      log.append([record]).catch((error) => writeLog('warn', 'mirror-not-told', errorFields(error)))
    },
    zone: env.ZONE,
    nowMs: Date.now,
    random: Math.random,
  })

  return {
    proxy,
    async settle() {
      await Promise.all([capture.flush(), sharing.settled(SETTLE_MS)])
    },
    async close() {
      await Promise.all([upstream.close(), catalog.close(), capture.close(), sharing.close()])
      await Promise.all([directory.close(), keyValue.close(), quotas?.close(), log.close()])
    },
  }
}

/** Without a store each environment counts the whole quota for itself. */
const NO_QUOTAS: Parameters<typeof rateLimits>[0] = {
  lease: async ({ quota }) => ({ granted: quota, left: 0 }),
}

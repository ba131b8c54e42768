import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openFrontDoor } from '#shared/adapters/http-server/front-door.ts'
import { gateway } from './http/gateway.ts'
import { functionHosts } from './lambda/function-hosts.ts'
import type { DataFolder } from './place/data-folder.ts'
import type { LogSink } from './place/log-sink.ts'
import { guardPostgres } from './place/postgres-guard.ts'
import { prepareStores } from './place/prepare.ts'
import { keepBundles, localStage } from './place/stage.ts'
import type { Settings } from './settings.ts'
import type { Teardown } from './teardown.ts'
import { planSystem } from './template/system.ts'
import { startTriggers } from './triggers/triggers.ts'

type Surroundings = Readonly<{
  settings: Settings
  folder: DataFolder
  log: LogSink
  /** Tells the person who waits. */
  say: (line: string) => void
  /** Filled as parts come up: to be stopped also when the start fails or is broken off. */
  running: Teardown
  /** Breaks the start off. */
  signal: AbortSignal
}>

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
/** What is under way when the system stops gets so long to end, ms. */
const DRAIN_MS = 1_500
/** A log that does not answer is let go of after this, ms. */
const CLOSE_MS = 300
/** What mappings are told when the log is no Kafka. */
const NO_BROKER = 'embedded:0'

/**
 * Starts PostgreSQL, the functions, their triggers and the front door, in that order.
 *
 * @returns where it answers
 */
export async function startSystem(surroundings: Surroundings): Promise<string> {
  const { settings, folder, log, say, running, signal } = surroundings
  const synthesis = localStage(ROOT, signal, () => say('Synthesising the local stage ...'))
  // A failure is met below, where it is awaited.
  synthesis.catch(() => undefined)
  let { databaseUrl } = settings
  if (!databaseUrl) {
    say('Starting PostgreSQL ...')
    const postgres = await guardPostgres(folder.postgres, log.event)
    running.add(postgres.stop, postgres.kill)
    databaseUrl = postgres.url
    folder.keepPostgresUrl(databaseUrl)
  }
  const eventLogUrl = settings.eventLogUrl ?? databaseUrl
  signal.throwIfAborted()
  await prepareStores({ databaseUrl, eventLogUrl, folder })

  const plan = planSystem(keepBundles(await synthesis, folder.functions), {
    EventLogUrl: eventLogUrl,
    DatabaseUrl: databaseUrl,
    DatabaseReaderUrl: databaseUrl,
    SourceSecretsKey: folder.sourceSecretsKey(),
    AccessSnapshotUrl: folder.accessSnapshotUrl,
    QueuesUrl: folder.queuesUrl,
    DiscoveryUrl: databaseUrl,
    CatalogUrl: folder.catalogUrl,
    UpstreamNetworks: settings.upstreamNetworks,
    Zone: '',
    BootstrapServers: /^kafka:\/\/([^/]+)/.exec(eventLogUrl)?.[1] ?? NO_BROKER,
  })
  signal.throwIfAborted()
  say(`Loading ${plan.functions.filter(({ seldom }) => !seldom).length} functions ...`)
  const told = { output: log.write, event: log.event }
  const hosts = functionHosts(plan, folder.compileCache, told)
  running.add(hosts.close)
  await hosts.warm()

  signal.throwIfAborted()
  const triggers = await startTriggers(plan, {
    ...{ eventLogUrl, queues: folder.queues, hosts, log: told },
  })
  running.add(() => within(CLOSE_MS, triggers.close()))
  const answering = { hostOf: hosts.of, hosted: hosts.hosted }
  const { server, endStreams } = gateway(plan.api, answering, settings.tls)
  const door = await openFrontDoor(server, settings)
  running.add(async () => {
    door.refuse()
    endStreams()
    // Requests and batches end by themselves; what hangs is cut.
    await within(DRAIN_MS, Promise.all([door.emptied, triggers.stop()]))
    door.slam()
  })
  return door.address
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work, pause(ms, undefined, { ref: false })])
}

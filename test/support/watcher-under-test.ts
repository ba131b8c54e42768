import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import { serviceWatcher, type WatcherParts } from '#functions/service-watcher/service-watcher.ts'
import { type CatalogOptions, openCatalog, openCatalogPublisher } from '#shared/adapters/catalog.ts'
import { type MemoryLog, memoryEventLog, memoryLog } from '#shared/adapters/memory/event-log.ts'
import { eventTopics } from '#shared/domain/topics.ts'
import type { LogRecord } from '#shared/ports/event-log.ts'

/** What an event of a service tells, as far as tests hold it against what was done. */
export type ToldEvent = Readonly<{ id: string; type: string; service: string; instance: string }>

type Discovery = Pick<WatcherParts, 'directory' | 'keyValue' | 'locks'>

/** A watcher on any directory, with a catalog in a folder and a log in memory. */
export async function aWatcher(
  discovery: Discovery,
  changes: Partial<WatcherParts> = {},
  catalogOptions: CatalogOptions = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-catalog-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const catalogUrl = pathToFileURL(join(folder, '/')).href
  const memory = memoryLog(eventTopics)
  const watch = serviceWatcher({
    ...discovery,
    publisher: openCatalogPublisher(catalogUrl),
    eventLog: memoryEventLog(memory),
    checks: undefined,
    ask: async () => 200,
    redact: (text) => text,
    newId: randomUUID,
    random: Math.random,
    now: () => new Date(),
    ...changes,
  })
  const catalog = openCatalog(catalogUrl, catalogOptions)
  onTestFinished(() => catalog.close())
  const runs = new Set<Promise<void>>()
  const stops = new Set<AbortController>()
  const stopAll = async () => {
    for (const stop of stops) stop.abort()
    await Promise.allSettled(runs)
  }
  onTestFinished(stopAll)
  return {
    /** A service's entry; undefined also while there is no catalog that may be used. */
    find: async (service: string) => (async () => catalog.find(service))().catch(() => undefined),
    /** The events of the log, each identity once. */
    events: () => eventsOf(memory),
    start() {
      const stop = new AbortController()
      const ended = watch(stop.signal)
      stops.add(stop)
      runs.add(ended)
      ended.catch(() => undefined)
      return { stop: () => stop.abort(), ended }
    },
    stopAll,
  }
}

/** The events of services on a log, each identity once. */
export function eventsOf(memory: MemoryLog): readonly ToldEvent[] {
  const topics = ['services.lifecycle', 'services.health']
  return onceEach(topics.flatMap((topic) => (memory.topics.get(topic) ?? []).flat()))
}

/** @throws `Error` when one identity stands for two contents: intake would put the second aside */
function onceEach(records: readonly LogRecord[]): ToldEvent[] {
  const seen = new Map<string, string>()
  const events: ToldEvent[] = []
  for (const { headers, value } of records) {
    const text = Buffer.from(value ?? '').toString()
    const id = String(headers.ce_id)
    const content = JSON.stringify([headers, text])
    const known = seen.get(id)
    if (known === content) continue
    if (known !== undefined) throw new Error(`${id} is two events: ${known} and ${content}`)
    seen.set(id, content)
    const { service, instance } = JSON.parse(text) as ToldEvent
    events.push({ id, type: String(headers.ce_type), service, instance })
  }
  return events
}

import { join } from 'node:path'
import { startPostgres } from '#local/postgres.ts'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { backlogRecord, spanMicros } from './backlog-record.ts'
import { startBridge } from './bridge.ts'

const APPEND = 1_000

/** A data folder whose log holds a backlog that nobody has read: appended while nothing else runs. */
export async function folderWithBacklog(events: number): Promise<string> {
  const bridge = await startBridge()
  await bridge.stop()
  const postgres = await startPostgres({ dataDir: join(bridge.dataDir, 'postgres') })
  const log = await openEventLog(postgres.url)
  const startMicros = Date.now() * 1_000 - spanMicros(events)
  for (let at = 0; at < events; at += APPEND) {
    const size = Math.min(APPEND, events - at)
    await log.append(
      Array.from({ length: size }, (_, place) => backlogRecord(at + place, startMicros)),
    )
  }
  await log.close()
  await postgres.stop()
  return bridge.dataDir
}

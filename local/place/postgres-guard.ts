import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '#shared/domain/backoff.ts'
import { type EmbeddedPostgres, startPostgres } from '../postgres.ts'
import type { LogSink } from './log-sink.ts'
import { runs } from './processes.ts'

/** How soon a PostgreSQL that died is missed, ms. */
const WATCH_MS = 500

/**
 * A PostgreSQL that is started again, on the same port, when it dies under us. What was committed is
 * in its write-ahead log; functions answer 503 meanwhile.
 */
export async function guardPostgres(
  dataDir: string,
  log: LogSink['event'],
): Promise<EmbeddedPostgres> {
  let server = await startPostgres({ dataDir })
  const port = Number(new URL(server.url).port)
  let stopping = false
  let restarting: Promise<void> | undefined

  async function restart(): Promise<void> {
    log('error', 'postgres.died', { pid: server.pid })
    for (let failures = 1; !stopping; failures += 1) {
      try {
        server = await startPostgres({ dataDir, port })
        log('warn', 'postgres.restarted', { pid: server.pid })
        return
      } catch (error) {
        log('error', 'postgres.not-restarted', { error: (error as Error).message })
        await pause(backoffMs(failures, Math.random()))
      }
    }
  }

  const timer = setInterval(() => {
    if (restarting || stopping || runs(server.pid, 'postgres')) return
    restarting = restart().finally(() => {
      restarting = undefined
    })
  }, WATCH_MS)
  timer.unref()

  return {
    url: server.url,
    get pid() {
      return server.pid
    },
    kill() {
      stopping = true
      server.kill()
    },
    async stop() {
      stopping = true
      clearInterval(timer)
      await restarting
      await server.stop()
    },
  }
}

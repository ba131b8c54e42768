import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startPostgres } from '#local/postgres.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { migrate } from '#shared/adapters/postgres/migrate.ts'
import { processTree } from './process-tree.ts'

/** A PostgreSQL of a test's own, which it may freeze and kill. */
export type OwnPostgres = Readonly<{
  url: string
  freeze(): void
  thaw(): void
  kill(): void
  /** Starts it again, on the same port and with its data. */
  restart(): Promise<void>
}>

/** Starts a migrated server, up to a migration where one is given; it ends with the test. */
export async function ownPostgres(target?: number): Promise<OwnPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-outage-'))
  const dataDir = join(folder, 'data', 'postgres')
  let server = await startPostgres({ dataDir })
  const port = Number(new URL(server.url).port)
  const signal = (name: NodeJS.Signals) => {
    for (const pid of processTree(server.pid)) process.kill(pid, name)
  }
  onTestFinished(async () => {
    await server.stop().catch(() => undefined)
    await rm(folder, { recursive: true, force: true })
  })
  const sql = connect(server.url, { applicationName: 'test' })
  await migrate(sql, { target })
  await sql.end()
  return {
    url: server.url,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    kill: () => signal('SIGKILL'),
    async restart() {
      server = await startPostgres({ dataDir, port })
    },
  }
}

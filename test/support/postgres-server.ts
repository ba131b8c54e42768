import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startPostgres } from '#local/postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a PostgreSQL that lives as long as the test run. */
    postgresUrl: string
  }
}

/** Vitest's global set-up: one real PostgreSQL for all test files of a project, or DATABASE_URL's. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.env.DATABASE_URL) {
    project.provide('postgresUrl', process.env.DATABASE_URL)
    return async () => undefined
  }
  const folder = await mkdtemp(join(tmpdir(), 'omninode-test-'))
  // As root PostgreSQL runs as another user, who has to get to its folder.
  await chmod(folder, 0o711)
  const server = await startPostgres({ dataDir: join(folder, 'data', 'postgres'), fsync: false })
  project.provide('postgresUrl', server.url)
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

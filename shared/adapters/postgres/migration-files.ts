import { hash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Migration, Step } from '../../domain/migration-plan.ts'

/** Where the SQL files lie: beside this file, and beside the bundle that this file becomes part of. */
export const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url))

const FORWARD = '.up.sql'
const LOSS = /^-- Loses: (.+?)\.?$/m

/**
 * Reads a folder's migrations: `0001-log.up.sql` goes forward, `0001-log.down.sql` takes it back and
 * says in a comment `-- Loses: ...` what is gone then.
 */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(FORWARD)).sort()
  const migrations = await Promise.all(
    files.map(async (file): Promise<Migration> => {
      const name = file.slice(0, -FORWARD.length)
      const [up, down] = await Promise.all([
        readStep(folder, name, 'up'),
        readStep(folder, name, 'down'),
      ])
      return {
        number: Number.parseInt(name, 10),
        name,
        checksum: hash('sha256', up, 'hex'),
        loses: LOSS.exec(down)?.[1],
      }
    }),
  )
  const twice = migrations.find(({ number }, index) => migrations[index + 1]?.number === number)
  if (twice) throw new Error(`two migrations have the number ${twice.number} in ${folder}`)
  return migrations
}

/** The SQL of a step. Line ends are those of the repository, whatever an editor made of them. */
export async function readStep(
  folder: string,
  name: string,
  direction: Step['direction'],
): Promise<string> {
  const text = await readFile(join(folder, `${name}.${direction}.sql`), 'utf8')
  return text.replaceAll('\r\n', '\n')
}

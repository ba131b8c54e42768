import { fileURLToPath } from 'node:url'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { migrate } from '#shared/adapters/postgres/migrate.ts'
import { databaseUrl, withoutPassword } from './place.ts'
import { runCommand, UsageError } from './run-command.ts'

const USAGE = `npm run migrate -- [--to <number>] [--dry-run]

Brings the database to the newest migration (shared/adapters/postgres/migrations), or forward or back
to a given one. Safe to repeat, and to run side by side.

  --to <number>   end at this migration; 0 takes all of them back
  --dry-run       say what would be done, and do nothing

The database is DATABASE_URL, else that of the npm start which runs on DATA_DIR (.omninode).`

const folder = fileURLToPath(new URL('../shared/adapters/postgres/migrations', import.meta.url))

const options = { to: { type: 'string' }, 'dry-run': { type: 'boolean' } } as const

await runCommand(USAGE, options, async ({ values }) => {
  const dryRun = values['dry-run'] ?? false
  if (values.to !== undefined && !/^\d+$/.test(values.to)) {
    throw new UsageError(`--to takes a number, not "${values.to}"`)
  }
  const url = databaseUrl(process.env)
  const sql = connect(url, { applicationName: 'omninode-migrate' })
  try {
    const steps = await migrate(sql, {
      folder,
      dryRun,
      ...(values.to === undefined ? {} : { target: Number(values.to) }),
    })
    for (const { name, direction } of steps) console.log(`${direction.padEnd(4)} ${name}`)
    const said = dryRun ? 'would be run' : 'run'
    console.log(`${steps.length} migrations ${said} on ${withoutPassword(url)}`)
    return 0
  } finally {
    await sql.end({ timeout: 2 })
  }
})

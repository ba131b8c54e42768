import { admitRole } from '#shared/adapters/postgres/application-role.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { migrate } from '#shared/adapters/postgres/migrate.ts'
import { databaseUrl, withoutPassword } from './place.ts'
import { runCommand, UsageError } from './run-command.ts'

const USAGE = `npm run migrate -- [--to <number>] [--accept-loss] [--role <name>] [--dry-run]

Brings the database to the newest migration (shared/adapters/postgres/migrations), or forward or back
to a given one. Safe to repeat, and to run side by side: one runs, the others wait for it. Each step
is done as a whole or not at all; what was killed in the middle is gone on with by the next run.

  --to <number>   end at this migration; 0 takes all of them back
  --accept-loss   go back also where that loses data; without it such a step is refused, and named
  --role <name>   afterwards let this role, which is made where it is missing, use the tables and
                  own none: the role that functions connect as
  --dry-run       say what would be done, and do nothing

Refused is a database that newer code has migrated, or one whose migrations' files were changed since.

The database is DATABASE_URL, else that of the npm start which runs on DATA_DIR (.omninode).`

const options = {
  to: { type: 'string' },
  'accept-loss': { type: 'boolean' },
  role: { type: 'string' },
  'dry-run': { type: 'boolean' },
} as const

await runCommand(USAGE, options, async ({ values }) => {
  const { to, role, 'accept-loss': acceptLoss, 'dry-run': dryRun = false } = values
  if (to !== undefined && !/^\d+$/.test(to)) {
    throw new UsageError(`--to takes a number, not "${to}"`)
  }
  if (role && to !== undefined) throw new UsageError('--role goes with the newest migration alone')
  const url = databaseUrl(process.env)
  const sql = connect(url, { applicationName: 'omninode-migrate' })
  try {
    const steps = await migrate(sql, {
      dryRun,
      acceptLoss,
      target: to === undefined ? undefined : Number(to),
      report: (progress) => console.error(progress),
    })
    for (const { name, direction } of steps) console.log(`${direction.padEnd(4)} ${name}`)
    const said = dryRun ? 'would be run' : 'run'
    console.log(`${steps.length} migrations ${said} on ${withoutPassword(url)}`)
    if (role && !dryRun) {
      await admitRole(sql, role)
      console.log(`${role} may use the tables`)
    }
    return 0
  } finally {
    await sql.end({ timeout: 2 })
  }
})

/** One numbered step of the database's schema, as its files say it. */
export type Migration = Readonly<{
  number: number
  name: string
  /** SHA-256 of the file that goes forward, hex. */
  checksum: string
  /** What going back loses, for people; undefined when that is nothing. */
  loses: string | undefined
}>

/** A step that a database says it has. Databases of before checksums say null. */
export type AppliedMigration = Readonly<{ number: number; name: string; checksum: string | null }>

/** What to run, in which direction. */
export type Step = Readonly<{ migration: Migration; direction: 'up' | 'down' }>

/** The steps in their order, or why none may be run. */
export type MigrationPlan =
  | Readonly<{ type: 'run'; steps: readonly Step[] }>
  | Readonly<{ type: 'refuse'; kind: 'InvalidInput' | 'Conflict'; reason: string }>

type Goal = Readonly<{
  /** The number to end at; the newest when left out, 0 for none. */
  target?: number | undefined
  /** Whether data may go. */
  acceptLoss?: boolean | undefined
}>

/**
 * What to run: forward up to the target, or back down to it. Refused is a target that there is not,
 * a database that other files migrated (nobody knows what the next step does to it), and a way back
 * that loses data when nobody accepted that.
 */
export function planSteps(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
  { target = migrations.at(-1)?.number ?? 0, acceptLoss = false }: Goal = {},
): MigrationPlan {
  if (target !== 0 && !migrations.some(({ number }) => number === target)) {
    const reason = `there is no migration ${target}: ${newest(migrations)}`
    return { type: 'refuse', kind: 'InvalidInput', reason }
  }
  const done = new Set(applied.map(({ number }) => number))
  const up = migrations.filter(({ number }) => number <= target && !done.has(number))
  const down = migrations.filter(({ number }) => number > target && done.has(number)).reverse()
  const reason =
    foreign(migrations, applied) ?? changed(migrations, applied) ?? (acceptLoss ? null : loss(down))
  if (reason) return { type: 'refuse', kind: 'Conflict', reason }
  return {
    type: 'run',
    steps: [
      ...down.map((migration) => ({ migration, direction: 'down' }) as const),
      ...up.map((migration) => ({ migration, direction: 'up' }) as const),
    ],
  }
}

function foreign(migrations: readonly Migration[], applied: readonly AppliedMigration[]) {
  const known = new Set(migrations.map(({ number }) => number))
  const unknown = applied.filter(({ number }) => !known.has(number))
  if (unknown.length === 0) return null
  return `the database has ${list(unknown)}, which is unknown here (${newest(migrations)}): it belongs to newer code. Run that, or take it back with that`
}

function changed(migrations: readonly Migration[], applied: readonly AppliedMigration[]) {
  const files = new Map(migrations.map((migration) => [migration.number, migration]))
  const others = applied.filter(({ number, name, checksum }) => {
    const file = files.get(number)
    return file?.name !== name || (checksum !== null && checksum !== file.checksum)
  })
  if (others.length === 0) return null
  return `${list(others)} was changed after the database had it: put the file back as it was, and the change into a new migration`
}

function loss(down: readonly Migration[]) {
  const losing = down.filter(({ loses }) => loses !== undefined)
  if (losing.length === 0) return null
  const losses = losing.map(({ name, loses }) => `${name}: ${loses}`).join('; ')
  return `going back loses data (${losses}), which has to be accepted: --accept-loss, or "acceptLoss": true`
}

const list = (named: readonly { name: string }[]) => named.map(({ name }) => name).join(', ')

const newest = (migrations: readonly Migration[]) =>
  `the newest is ${migrations.at(-1)?.name ?? 'none'}`

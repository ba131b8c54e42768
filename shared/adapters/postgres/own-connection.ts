import postgres from 'postgres'
import { Failure } from '../../errors.ts'
import type { Sql } from './connect.ts'

/** One connection to the database, the same from the first call to the last. */
export type OwnConnection = Readonly<{
  /** @throws `Unavailable` once the connection is closed, whoever closed it */
  readonly sql: Sql
  readonly closed: boolean
  end(): Promise<void>
}>

const END_TIMEOUT_S = 2

/**
 * Opens a connection like those of `sql`, for what lives with a connection: locks, settings, a
 * transaction in steps. The driver would go on with a new one when it breaks, outside the
 * transaction; and what it reserves must not be used at all then. So this one ends for good.
 */
export function ownConnection(sql: Sql): OwnConnection {
  let closed = false
  const settings = {
    ...sql.options,
    max: 1,
    idle_timeout: null,
    max_lifetime: null,
    onclose: () => {
      closed = true
    },
  }
  // The driver takes options that it has read once; its own listeners are made like this.
  const own = postgres(
    settings as unknown as postgres.Options<Record<string, never>>,
  ) as unknown as Sql
  return {
    get sql() {
      if (closed) throw new Failure('Unavailable', 'the connection to the database broke')
      return own
    },
    get closed() {
      return closed
    },
    end: () => own.end({ timeout: closed ? 0 : END_TIMEOUT_S }),
  }
}

import postgres from 'postgres'
import { Failure } from '../../errors.ts'

type OurTypes = { bigint: postgres.PostgresType<number> }
export type Sql = postgres.Sql<{ bigint: number }>
export type Transaction = postgres.TransactionSql<{ bigint: number }>

type ConnectOptions = {
  /** Connections at most; a function that handles one event at a time needs one. */
  max?: number
  /** A statement that runs longer is cancelled by the server, ms. */
  statementTimeoutMs?: number
  /** Shown in `pg_stat_activity`. */
  applicationName: string
}

const CONNECT_TIMEOUT_S = 3
const IDLE_TIMEOUT_S = 20
const MAX_LIFETIME_S = 900
/** Waits before reconnecting; the driver's own go up to 20 s, long after a database is back. */
const RECONNECT_S = { least: 0.025, most: 0.5 }

/**
 * Connections to a PostgreSQL database, opened when first needed. `bigint` columns come back as
 * numbers: every one of ours stays below 2^53.
 */
export function connect(url: string, options: ConnectOptions): Sql {
  return postgres<OurTypes>(url, {
    max: options.max ?? 1,
    connect_timeout: CONNECT_TIMEOUT_S,
    idle_timeout: IDLE_TIMEOUT_S,
    max_lifetime: MAX_LIFETIME_S,
    backoff: (attempt) => Math.min(RECONNECT_S.least * 2 ** attempt, RECONNECT_S.most),
    connection: {
      application_name: options.applicationName,
      statement_timeout: options.statementTimeoutMs ?? 5_000,
    },
    types: {
      bigint: { to: 20, from: [20], serialize: (value: number) => String(value), parse: Number },
    },
    onnotice: () => undefined,
    // Statement names are kept by default: parsing once per connection is what makes small calls cheap.
    prepare: true,
  })
}

/** SQLSTATE classes that say the database is away, overloaded or asks for another try. */
const TRANSIENT_SQLSTATE = /^(08|40|53|55P03|57|58)/
const TRANSIENT_CLIENT_CODE =
  /^(CONNECT|CONNECTION|E(CONN|PIPE|TIMEDOUT|HOST|NET|AI_AGAIN|NOENT|ACCES))/

/** Whether an error of the driver means that the same call may succeed later. */
export function isTransient(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code !== 'string') return false
  return TRANSIENT_SQLSTATE.test(code) || TRANSIENT_CLIENT_CODE.test(code)
}

/**
 * Waits for a database answer, renaming what says "not now" to `Unavailable`, also when no answer
 * comes within `timeoutMs` (a frozen server neither answers nor refuses).
 *
 * @throws `Unavailable`
 */
export async function ask<T>(answer: PromiseLike<T>, timeoutMs = 5_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Failure('Unavailable', `no answer from the database in ${timeoutMs} ms`)),
      timeoutMs,
    )
  })
  try {
    return await Promise.race([answer, late])
  } catch (error) {
    if (error instanceof Failure || !isTransient(error)) throw error
    throw new Failure('Unavailable', `database: ${(error as Error).message}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

import postgres from 'postgres'
import { Failure } from '../../errors.ts'
import type { CloudAccess } from '../../ports/cloud-access.ts'
import { cloudAccess } from '../cloud-access.ts'
import { databaseLogin } from './database-login.ts'
import { databaseTarget } from './database-url.ts'

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
 * numbers: every one of ours stays below 2^53. The forms of the URL are in
 * docs/reference/connections.md; a password that it only names is looked up per connection.
 *
 * @throws `InvalidInput` for a URL of none of the forms
 */
export function connect(
  url: string,
  options: ConnectOptions,
  access: CloudAccess = cloudAccess,
): Sql {
  const target = databaseTarget(url)
  return postgres<OurTypes>(target.url, {
    ...(target.login ? databaseLogin(url, target.login, access) : {}),
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

/** SQLSTATE class 28: the database knows the user or the password otherwise. */
const REFUSED_SQLSTATE = /^28/
/** Node's and OpenSSL's names for a certificate that does not prove who is there. */
const DISTRUST_CODE = /CERT|UNABLE_TO_|SELF_SIGNED|HOSTNAME_MISMATCH/

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
 * @throws `Unavailable`, and `Misconfigured` when the database refuses us or we its certificate
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
    if (error instanceof Failure) throw error
    const refusal = refusalOf(error)
    if (refusal) throw new Failure('Misconfigured', refusal, { cause: error })
    if (!isTransient(error)) throw error
    throw new Failure('Unavailable', `database: ${(error as Error).message}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** What to check, when the database refuses us or we its certificate. */
function refusalOf(error: unknown): string | undefined {
  const { code, message } = error as { code?: unknown; message: string }
  if (typeof code !== 'string') return undefined
  if (REFUSED_SQLSTATE.test(code)) {
    return `the database refuses us (${message}): check user and password of DATABASE_URL, the secret that it names, or the role's rds-db:connect`
  }
  return DISTRUST_CODE.test(code)
    ? `the certificate of the database is not trusted (${code}): check the host's name, NODE_EXTRA_CA_CERTS and this machine's clock`
    : undefined
}

import { once } from 'node:events'
import { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { Duplex } from 'node:stream'
import type { Options, PostgresType } from 'postgres'
import { jsonSecret } from '../../domain/json-secret.ts'
import { type Renewable, renewable } from '../../domain/renewable.ts'
import { Failure } from '../../errors.ts'
import type { CloudAccess } from '../../ports/cloud-access.ts'
import type { DatabaseLogin } from './database-url.ts'

/** The driver takes `socket`; its types do not know it. */
type LoginOptions = Pick<
  Options<{ bigint: PostgresType<number> }>,
  'ssl' | 'pass' | 'onparameter'
> &
  Readonly<{ socket(driver: { parameters: Readonly<Record<string, string>> }): Promise<Duplex> }>

/** A secret is read at most once in so many ms, however often the database refuses what it says. */
const SECRET = { leastMs: 5_000, leastAfterFailureMs: 1_000 }
const CONNECT_TIMEOUT_MS = 3_000

/** By URL: whoever connects next must know that the last one was refused. */
const known = new WeakMap<CloudAccess, Map<string, LoginOptions>>()

/** How the driver gets at a password that is looked up for each connection, and verifies TLS. */
export function databaseLogin(
  url: string,
  login: DatabaseLogin,
  access: CloudAccess,
): LoginOptions {
  const ofAccess = known.get(access) ?? new Map<string, LoginOptions>()
  known.set(access, ofAccess)
  const options = ofAccess.get(url) ?? loginOptions(login, access)
  ofAccess.set(url, options)
  return options
}

/**
 * The password is had before the socket is, since an error of the driver's own password function
 * would reach no caller. A server that asked for it and then never named its parameters (the first
 * that it does for who is let in) refused it.
 */
function loginOptions(login: DatabaseLogin, access: CloudAccess): LoginOptions {
  const source = passwordOf(login, access)
  let password = ''
  let isUnproven = false

  return {
    ...(login.verify ? { ssl: 'verify-full' } : {}),
    pass() {
      isUnproven = true
      return password
    },
    onparameter() {
      isUnproven = false
    },
    async socket(driver) {
      // It tells of a parameter only where that differs from the last connection's.
      driver.parameters = {}
      try {
        if (isUnproven) source.doubt()
        password = await source.current()
        return await connectedSocket(login)
      } catch (error) {
        return failing(error as Error)
      }
    },
  }
}

function passwordOf(
  login: DatabaseLogin,
  access: CloudAccess,
): Pick<Renewable<string>, 'current' | 'doubt'> {
  const { secret, user } = login
  if (secret === undefined) {
    return { current: () => access.databaseToken(login), doubt: () => undefined }
  }
  return renewable(
    async () => {
      const { username = user, password } = jsonSecret(await access.secret(secret))
      if (!password) throw misconfigured(secret, 'is no JSON object with a text at "password"')
      if (username === user) return password
      throw misconfigured(secret, `is for user ${username}, the database URL names ${user}`)
    },
    { ...SECRET, now: () => performance.now() },
  )
}

function misconfigured(arn: string, why: string): Failure {
  return new Failure('Misconfigured', `secret ${arn} ${why}`)
}

/** The driver asks a socket for its host when it checks a certificate. */
async function connectedSocket({ host, port }: DatabaseLogin): Promise<Duplex> {
  const socket = Object.assign(new Socket(), { host })
  const timeout = AbortSignal.timeout(CONNECT_TIMEOUT_MS)
  try {
    socket.connect(port, host)
    await once(socket, 'connect', { signal: timeout })
    return socket
  } catch (error) {
    socket.destroy()
    if (!timeout.aborted) throw error
    throw new Failure(
      'Unavailable',
      `database: no connection to ${host} in ${CONNECT_TIMEOUT_MS} ms`,
    )
  }
}

/** Fails when it is first written to: before that the driver does not listen, and never would again. */
function failing(error: Error): Duplex {
  return new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(error),
  })
}

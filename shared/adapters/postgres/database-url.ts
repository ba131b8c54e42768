import { parseConnectionUrl } from '../../domain/connection-url.ts'
import { Failure } from '../../errors.ts'
import type { DatabaseUser } from '../../ports/cloud-access.ts'

/** Whose password is looked up for each connection: in a secret, or made from the AWS identity. */
export type DatabaseLogin = DatabaseUser &
  Readonly<{
    /** The ARN of a secret; without one the password is a token. */
    secret?: string
    /** Whether the URL leaves it to us how TLS is checked. */
    verify: boolean
  }>

export type DatabaseTarget = Readonly<{
  /** The URL as the driver knows it. */
  url: string
  login?: DatabaseLogin
}>

const DEFAULT_PORT = 5432
const SECRET_ARN = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+$/
const OURS = /^(auth|secret)=/

/**
 * Reads `postgres://user:password@host/db`, which stays as it is, `postgres://user@host/db?auth=iam`
 * and `postgres://user@host/db?secret=<ARN>`.
 *
 * @throws `InvalidInput`
 */
export function databaseTarget(url: string): DatabaseTarget {
  const [address = '', query = ''] = url.split(/\?(.*)/s, 2)
  const pairs = query.split('&').filter((pair) => pair !== '')
  // Everything else is the driver's business.
  if (!pairs.some((pair) => OURS.test(pair))) return { url }
  const parts = parseConnectionUrl(url)
  if (!parts) throw invalid('it is malformed')
  const { user, password, authority, parameters } = parts
  const auth = parameters.get('auth')
  const secret = parameters.get('secret')
  if (auth !== undefined && auth !== 'iam')
    throw invalid(`auth=${auth} is unknown: there is auth=iam`)
  if (auth !== undefined && secret !== undefined)
    throw invalid('auth=iam and secret= exclude each other')
  if (password !== undefined)
    throw invalid('a password in it and auth= or secret= exclude each other')
  if (!user) throw invalid('auth=iam and secret= need a user: postgres://user@host/db')
  if (secret !== undefined && !SECRET_ARN.test(secret)) {
    throw invalid('secret= is the ARN of a secret in Secrets Manager')
  }
  const [, host, port] = /^([^:,[\]]+)(?::(\d{1,5}))?$/.exec(authority) ?? []
  if (!host) throw invalid('auth=iam and secret= need one host: postgres://user@host:port/db')
  const rest = pairs.filter((pair) => !OURS.test(pair))
  return {
    url: rest.length === 0 ? address : `${address}?${rest.join('&')}`,
    login: {
      ...{ host, port: Number(port ?? DEFAULT_PORT), user },
      ...(secret === undefined ? {} : { secret }),
      verify: !(parameters.has('sslmode') || parameters.has('ssl')),
    },
  }
}

function invalid(why: string): Failure {
  return new Failure('InvalidInput', `the database URL: ${why}`)
}

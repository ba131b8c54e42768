import { parseConnectionUrl } from '../../domain/connection-url.ts'
import { Failure } from '../../errors.ts'

/** What a URL says of a Consul agent; token and authorities may be references. */
export type ConsulTarget = Readonly<{
  secure: boolean
  host: string
  port: number
  /** The token itself, or `secret:<ARN>`. */
  token: string | undefined
  /** The path of a PEM file, or the ARN of a secret. */
  ca: string | undefined
}>

const DEFAULT_PORT = 8_500
const DEFAULT_TLS_PORT = 8_501
const AUTHORITY = /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/
const PARAMETERS = ['token', 'ca', 'tls']

/** Reads `consul://host:port?tls=on&token=&ca=`. @throws `InvalidInput` */
export function consulTarget(url: string): ConsulTarget {
  const parts = url.startsWith('consul://') ? parseConnectionUrl(url) : undefined
  if (!parts) throw invalid('it is consul://host:port?tls=on&token=&ca=')
  const { user, password, authority, path, parameters } = parts
  if (user !== undefined || password !== undefined) throw invalid('the token goes into token=')
  // npm consul takes no IPv6 address.
  const [, host, port] = AUTHORITY.exec(authority) ?? []
  if (!host || path.length > 1) throw invalid('an agent is host:port, a name or an IPv4 address')
  const unknown = [...parameters.keys()].find((name) => !PARAMETERS.includes(name))
  if (unknown !== undefined) throw invalid(`${unknown}= is unknown`)
  const tls = parameters.get('tls') ?? 'off'
  if (tls !== 'on' && tls !== 'off') throw invalid('tls= is on or off')
  const ca = parameters.get('ca')
  if (ca && tls === 'off') throw invalid('ca= needs tls=on')
  const secure = tls === 'on'
  return {
    ...{ secure, host, port: port ? Number(port) : secure ? DEFAULT_TLS_PORT : DEFAULT_PORT },
    token: parameters.get('token') || undefined,
    ca: ca || undefined,
  }
}

function invalid(why: string): Failure {
  return new Failure('InvalidInput', `the discovery URL: ${why}`)
}

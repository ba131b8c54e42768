import { readFileSync } from 'node:fs'
import { Failure } from '../../errors.ts'

/** How to reach a Consul agent. */
export type ConsulSettings = Readonly<{
  secure: boolean
  host: string
  port: number
  token: string | undefined
  /** Certificates of the authorities to trust instead of the system's, PEM. */
  ca: string | undefined
}>

/** What Consul's own tools read, with their meaning. */
export type ConsulEnvironment = Readonly<{
  CONSUL_HTTP_ADDR?: string | undefined
  CONSUL_HTTP_TOKEN?: string | undefined
  /** The path of a PEM file, or its text. */
  CONSUL_CACERT?: string | undefined
}>

const DEFAULT_PORT = 8_500
const DEFAULT_TLS_PORT = 8_501

/** Reads `http://host:port` or `https://host:port`. @throws `InvalidInput` */
export function consulSettings(environment: ConsulEnvironment): ConsulSettings {
  const { CONSUL_HTTP_ADDR: address = '', CONSUL_HTTP_TOKEN, CONSUL_CACERT } = environment
  const url = URL.canParse(address) ? new URL(address) : undefined
  const secure = url?.protocol === 'https:'
  if (!url || !(secure || url.protocol === 'http:') || url.pathname !== '/' || url.username) {
    throw new Failure(
      'InvalidInput',
      'CONSUL_HTTP_ADDR is http://host:port or https://host:port; the token goes into CONSUL_HTTP_TOKEN',
    )
  }
  if (url.hostname.startsWith('[')) {
    throw new Failure(
      'InvalidInput',
      'CONSUL_HTTP_ADDR: npm consul takes no IPv6 address; use a name',
    )
  }
  const standard = secure ? DEFAULT_TLS_PORT : DEFAULT_PORT
  return {
    ...{ secure, host: url.hostname, port: url.port ? Number(url.port) : standard },
    token: CONSUL_HTTP_TOKEN || undefined,
    ca: CONSUL_CACERT ? pem(CONSUL_CACERT) : undefined,
  }
}

function pem(textOrPath: string): string {
  if (textOrPath.includes('-----BEGIN CERTIFICATE-----')) return textOrPath
  try {
    return readFileSync(textOrPath, 'utf8')
  } catch (cause) {
    throw new Failure('InvalidInput', `CONSUL_CACERT: ${textOrPath} can't be read`, { cause })
  }
}

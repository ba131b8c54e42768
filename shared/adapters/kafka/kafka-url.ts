import { type ConnectionUrl, parseConnectionUrl } from '../../domain/connection-url.ts'
import { Failure } from '../../errors.ts'
import type { ClusterAuth } from '../../ports/cloud-access.ts'

/** Who we are to Kafka: a user with a password, a secret that holds both, or an AWS identity. */
export type Login =
  | Readonly<{ mechanism: PasswordMechanism; user: string; password: string }>
  | Readonly<{ mechanism: PasswordMechanism; secret: string }>
  | Readonly<{ mechanism: 'OAUTHBEARER'; region: string }>

export type PasswordMechanism = 'SCRAM-SHA-512' | 'SCRAM-SHA-256' | 'PLAIN'

/** A cluster whose brokers AWS names. */
export type ManagedCluster = Readonly<{ arn: string; auth: ClusterAuth }>

/** What TLS, and SASL within it, need. */
export type Security = Readonly<{
  /** The path of a file, or the ARN of a secret, with the only certificates that are trusted. */
  ca?: string
  login?: Login
}>

/** What a URL says of a Kafka; without `security` it is spoken to in plaintext. */
export type KafkaTarget =
  | Readonly<{ brokers: readonly string[]; security?: undefined }>
  | Readonly<{ brokers: readonly string[] | ManagedCluster; security: Security }>

const FORMS =
  'kafka://host:port,... (plaintext), kafkas://[user:password@]host:port,...[?secret=<ARN>&mechanism=&auth=iam&ca=] or msk:<cluster ARN>?auth=iam|scram|tls'
const BROKER = /^[A-Za-z0-9._-]+:\d{1,5}$/
const MSK_ARN = /^arn:[a-z-]+:kafka:([a-z0-9-]+):\d{12}:cluster\/[^/]+\/[\w-]+$/
const SECRET_ARN = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+$/
/** MSK's own names of brokers say where they are. */
const MSK_HOST = /\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com/
const MECHANISMS: Readonly<Record<string, PasswordMechanism>> = {
  'scram-sha-512': 'SCRAM-SHA-512',
  'scram-sha-256': 'SCRAM-SHA-256',
  plain: 'PLAIN',
}

/** Reads how to reach a Kafka. @throws `InvalidInput` */
export function kafkaTarget(url: string): KafkaTarget {
  const parts = parseConnectionUrl(url)
  switch (parts?.scheme) {
    case 'kafka':
      return plaintextTarget(parts)
    case 'kafkas':
      return tlsTarget(parts)
    case 'msk':
      return mskTarget(parts)
    default:
      throw invalid(`a Kafka URL is ${FORMS}`)
  }
}

function plaintextTarget(url: ConnectionUrl): KafkaTarget {
  if (url.user !== undefined || url.password !== undefined) {
    throw invalid('kafka:// speaks plaintext and takes no password: write kafkas:// for TLS')
  }
  allow(url, [], 'kafka://')
  return { brokers: brokersOf(url) }
}

function tlsTarget(url: ConnectionUrl): KafkaTarget {
  allow(url, ['mechanism', 'secret', 'auth', 'region', 'ca'], 'kafkas://')
  const brokers = brokersOf(url)
  const login = loginOf(url, brokers)
  return { brokers, security: { ...trustOf(url), ...(login ? { login } : {}) } }
}

function trustOf({ parameters }: ConnectionUrl): Pick<Security, 'ca'> {
  const ca = parameters.get('ca')
  if (ca === '') throw invalid('ca= is the path of a file or the ARN of a secret')
  return ca === undefined ? {} : { ca }
}

function loginOf(url: ConnectionUrl, brokers: readonly string[]): Login | undefined {
  const { user, password, parameters } = url
  const secret = parameters.get('secret')
  const auth = parameters.get('auth')
  const ways = [
    user !== undefined || password !== undefined,
    secret !== undefined,
    auth !== undefined,
  ]
  if (ways.filter(Boolean).length > 1) {
    throw invalid('user and password, secret= and auth=iam exclude each other')
  }
  if (auth !== undefined) return identityOf(url, auth, brokers)
  if (parameters.has('region')) throw invalid('region= goes with auth=iam')
  if (secret !== undefined) return { mechanism: mechanismOf(url), secret: secretArn(secret) }
  if (user !== undefined && password) return { mechanism: mechanismOf(url), user, password }
  if (user !== undefined || password !== undefined) {
    throw invalid('a user needs a password: kafkas://user:password@host:port, or secret=<ARN>')
  }
  if (parameters.has('mechanism')) throw invalid('mechanism= needs a user and password, or secret=')
  return undefined
}

function identityOf(url: ConnectionUrl, auth: string, brokers: readonly string[]): Login {
  if (auth !== 'iam') throw invalid(`auth=${auth} is unknown: kafkas:// takes auth=iam`)
  if (url.parameters.has('mechanism')) throw invalid('auth=iam takes no mechanism=')
  const region = url.parameters.get('region') ?? MSK_HOST.exec(brokers.join())?.[1]
  if (!region) throw invalid('auth=iam needs region= where the hosts do not name it')
  return { mechanism: 'OAUTHBEARER', region }
}

function mskTarget(url: ConnectionUrl): KafkaTarget {
  allow(url, ['auth', 'secret', 'ca'], 'msk:')
  const arn = url.authority
  const region = MSK_ARN.exec(arn)?.[1]
  if (!region) throw invalid('msk: is followed by the ARN of an MSK cluster')
  const auth = url.parameters.get('auth')
  const secret = url.parameters.get('secret')
  if ((auth === 'scram') !== (secret !== undefined)) {
    throw invalid('auth=scram and secret=<ARN> go together')
  }
  if (auth !== 'iam' && auth !== 'scram' && auth !== 'tls') {
    throw invalid('msk: needs auth=iam, auth=scram or auth=tls')
  }
  const login = clusterLogin(auth, region, secret)
  return { brokers: { arn, auth }, security: { ...trustOf(url), ...(login ? { login } : {}) } }
}

function clusterLogin(auth: ClusterAuth, region: string, secret = ''): Login | undefined {
  switch (auth) {
    case 'iam':
      return { mechanism: 'OAUTHBEARER', region }
    case 'scram':
      // MSK knows no other mechanism.
      return { mechanism: 'SCRAM-SHA-512', secret: secretArn(secret) }
    case 'tls':
      return undefined
  }
}

function brokersOf({ authority, path }: ConnectionUrl): readonly string[] {
  const brokers = authority.split(',')
  if (path.length > 1 || !brokers.every((broker) => BROKER.test(broker))) {
    throw invalid('brokers are host:port,host:port (a name or an IPv4 address, no path)')
  }
  return brokers
}

function mechanismOf({ parameters }: ConnectionUrl): PasswordMechanism {
  const given = parameters.get('mechanism') ?? 'scram-sha-512'
  const mechanism = MECHANISMS[given.toLowerCase()]
  if (mechanism) return mechanism
  throw invalid(`mechanism=${given} is none of ${Object.keys(MECHANISMS).join(', ')}`)
}

function secretArn(given: string): string {
  if (SECRET_ARN.test(given)) return given
  throw invalid('secret= is the ARN of a secret in Secrets Manager')
}

function allow(url: ConnectionUrl, names: readonly string[], form: string): void {
  const unknown = [...url.parameters.keys()].find((name) => !names.includes(name))
  if (unknown === undefined) return
  const known = names.length === 0 ? 'none' : names.join(', ')
  throw invalid(`${form} knows no parameter ${unknown} (it takes ${known})`)
}

function invalid(why: string): Failure {
  return new Failure('InvalidInput', `the event log URL: ${why}`)
}

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { setScramPassword } from './scram-user.ts'

const run = promisify(execFile)
const tool = join(import.meta.dirname, '../../../shared/parts/kafka/kafka')

/** A Kafka cluster of its own, whose brokers a test may freeze and kill. */
export type KafkaClusterUnderTest = Readonly<{
  url: string
  /** `pause`, `resume`, `kill` and `revive` take a broker's number, from 1. */
  broker(command: 'pause' | 'resume' | 'kill' | 'revive', number: number): Promise<void>
  /** Brings up every broker that is down, at once: one of three alone can't serve. */
  reviveAll(): Promise<void>
  /** The number of the broker that is the active controller. */
  controller(): Promise<number>
  stop(): Promise<void>
}>

/** What a cluster that was started with `sasl` has beside its plaintext listener. */
export type SecuredKafka = KafkaClusterUnderTest &
  Readonly<{
    /** The first broker's port for SASL over TLS. */
    securedPort: number
    /** `host:port,...` for SASL over TLS. */
    securedBrokers: string
    /** The file with the only certificate that signs the brokers'. */
    caFile: string
    /** Sets the password of a user, as SCRAM knows it; makes the user where there is none. */
    setPassword(user: string, password: string): Promise<void>
  }>

/** Whether this machine can start one. */
export const canStartKafka = existsSync(tool)

export async function startKafka(options: {
  name: string
  port: number
  brokers: number
}): Promise<KafkaClusterUnderTest> {
  const { name, port, brokers } = options
  const start = ['start', '--name', name, '--brokers', String(brokers), '--port', String(port)]
  const { stdout } = await run(tool, [...start, '--fresh'])
  const addresses = /KAFKA_BROKERS=(\S+)/.exec(stdout)?.[1]?.replaceAll(/['"]/g, '') ?? ''
  return handle(name, `kafka://${addresses}`, () => run(tool, start))
}

function handle(
  name: string,
  url: string,
  startAgain: () => Promise<unknown>,
): KafkaClusterUnderTest {
  const command = (...args: string[]) => run(tool, [...args, '--name', name])
  return {
    url,
    async broker(verb, number) {
      await command(verb, String(number))
    },
    async reviveAll() {
      await startAgain()
    },
    async controller() {
      const { stdout } = await command('status')
      const number = /^broker (\d+) .*active-controller/m.exec(stdout)?.[1]
      if (!number) throw new Error(`no broker is the active controller:\n${stdout}`)
      return Number(number)
    },
    async stop() {
      await command('stop', '--purge')
    },
  }
}

const ALL_MECHANISMS = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN', 'OAUTHBEARER']

/**
 * Starts a broker that also speaks SASL over TLS: SCRAM-SHA-512 and -256, PLAIN (one user of its own)
 * and OAUTHBEARER, which takes every unsigned token that has not expired.
 */
export async function startSecuredKafka(options: {
  name: string
  port: number
  user: string
  password: string
  mechanisms?: readonly string[]
}): Promise<SecuredKafka> {
  const { name, port, user, password, mechanisms = ALL_MECHANISMS } = options
  const login = (mechanism: string, module: string, more = '') => [
    '--set',
    `listener.name.sasl_ssl.${mechanism}.sasl.jaas.config=org.apache.kafka.common.security.${module} required${more};`,
  ]
  const start = [
    ...['start', '--name', name, '--port', String(port), '--sasl'],
    ...['--set', `sasl.enabled.mechanisms=${mechanisms}`],
    ...login('scram-sha-256', 'scram.ScramLoginModule'),
    ...login('plain', 'plain.PlainLoginModule', ` user_${user}="${password}"`),
    ...login(
      'oauthbearer',
      'oauthbearer.OAuthBearerLoginModule',
      ' unsecuredLoginStringClaim_sub="x"',
    ),
  ]
  const env = { ...process.env, KAFKA_SASL_USER: user, KAFKA_SASL_PASSWORD: password }
  const { stdout } = await run(tool, [...start, '--fresh'], { env })
  const value = (variable: string) =>
    new RegExp(`^${variable}=(.+)$`, 'm').exec(stdout)?.[1]?.replaceAll(/['"]/g, '') ?? ''
  const brokers = value('KAFKA_BROKERS')
  const securedBrokers = value('KAFKA_SASL_BROKERS')
  return {
    ...handle(name, `kafka://${brokers}`, () => run(tool, start, { env })),
    ...{ securedBrokers, securedPort: Number(securedBrokers.split(':')[1]) },
    caFile: value('KAFKA_CA_FILE'),
    setPassword: (user, password) => setScramPassword(port, user, password),
  }
}

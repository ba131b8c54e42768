import { performance } from 'node:perf_hooks'
import kafkajs, { type Kafka, type KafkaConfig, type LogEntry, type RetryOptions } from 'kafkajs'
import { log } from '../../log.ts'
import type { CloudAccess } from '../../ports/cloud-access.ts'
import { cloudAccess } from '../cloud-access.ts'
import { kafkaTarget } from './kafka-url.ts'
import { type SecuredSettings, securedSettings } from './secured-settings.ts'

/** How to reach a Kafka. */
export type KafkaSettings = Pick<SecuredSettings, 'brokers'> & Partial<SecuredSettings>

/** By URL: one memory of brokers, secrets and refusals for all connections of a process. */
const known = new WeakMap<CloudAccess, Map<string, KafkaSettings>>()

/**
 * Reads a URL (docs/reference/connections.md). Brokers, secrets and certificates that it only names
 * are looked up when a connection is made.
 *
 * @throws `InvalidInput`
 */
export function kafkaSettings(url: string, access: CloudAccess = cloudAccess): KafkaSettings {
  const ofAccess = known.get(access) ?? new Map<string, KafkaSettings>()
  known.set(access, ofAccess)
  const settings = ofAccess.get(url) ?? readSettings(url, access)
  ofAccess.set(url, settings)
  return settings
}

function readSettings(url: string, access: CloudAccess): KafkaSettings {
  const { brokers, security } = kafkaTarget(url)
  if (!security) return { brokers: [...brokers] }
  return securedSettings(brokers, security, access, () => performance.now())
}

/** A frozen broker accepts connections and answers nothing: kafkajs would wait minutes. */
export const CONNECTION_TIMEOUT_MS = 1_000
export const REQUEST_TIMEOUT_MS = 1_500

/** Complete: what is left out, kafkajs takes from a file of its own when NODE_ENV is `test`. */
export const retry = (retries: number): RetryOptions => ({
  retries,
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  factor: 0.2,
  multiplier: 2,
})

/** What every connection to a Kafka is made with. */
export const connectionOptions = (settings: KafkaSettings) => ({
  brokers: seedsInTurn(settings.brokers, Math.random()),
  ...(settings.ssl === undefined ? {} : { ssl: settings.ssl }),
  ...(settings.sasl === undefined ? {} : { sasl: settings.sasl }),
  ...(settings.socketFactory === undefined ? {} : { socketFactory: settings.socketFactory }),
  clientId: 'omninode-bridge',
  connectionTimeout: CONNECTION_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  enforceRequestTimeout: true,
})

/**
 * The brokers, beginning with any of them: kafkajs asks the first one, and one that is frozen for as
 * long as it is. Whoever begins anew then asks another one.
 */
function seedsInTurn(brokers: KafkaConfig['brokers'], random: number): () => Promise<string[]> {
  return async () => {
    const list = typeof brokers === 'function' ? await brokers() : brokers
    const first = Math.floor(random * list.length)
    return [...list.slice(first), ...list.slice(0, first)]
  }
}

/** A client; each producer, consumer and admin of it has connections of its own. */
export function kafkaClient(settings: KafkaSettings, more: Partial<KafkaConfig> = {}): Kafka {
  return new kafkajs.Kafka({
    ...connectionOptions(settings),
    retry: retry(2),
    logLevel: kafkajs.logLevel.ERROR,
    logCreator: () => writeLog,
    ...more,
  })
}

/** What kafkajs calls an error is a try that failed: whether it matters, its caller says. */
function writeLog({ namespace, log: { message } }: LogEntry): void {
  log('debug', 'kafka.client', { namespace, message })
}

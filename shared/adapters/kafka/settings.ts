import kafkajs, { type Kafka, type KafkaConfig, type LogEntry, type RetryOptions } from 'kafkajs'
import { Failure } from '../../errors.ts'
import { log } from '../../log.ts'

/** How to reach a Kafka. TLS and SASL belong here once a URL can ask for them. */
export type KafkaSettings = Readonly<{ brokers: readonly string[] }>

/** Reads `kafka://host:port,host:port`. @throws `InvalidInput` */
export function kafkaSettings(url: string): KafkaSettings {
  const brokers = /^kafka:\/\/([^/?#]+)\/?$/.exec(url)?.[1]?.split(',') ?? []
  if (brokers.length === 0 || !brokers.every((broker) => /^[^:]+:\d+$|^\[.+\]:\d+$/.test(broker))) {
    throw new Failure('InvalidInput', 'a Kafka URL is kafka://host:port,host:port')
  }
  return { brokers }
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

/** A client; each producer, consumer and admin of it has connections of its own. */
export function kafkaClient(settings: KafkaSettings, more: Partial<KafkaConfig> = {}): Kafka {
  return new kafkajs.Kafka({
    brokers: [...settings.brokers],
    clientId: 'omninode-bridge',
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
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

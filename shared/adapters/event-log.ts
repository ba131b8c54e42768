import { Failure } from '../errors.ts'
import type { EventConsumer } from '../ports/event-consumer.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { LogBrowser } from '../ports/log-browser.ts'
import type { TopicAdmin } from '../ports/topic-admin.ts'

const SCHEMES: Readonly<Record<string, 'postgres' | 'kafka'>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  kafka: 'kafka',
  kafkas: 'kafka',
  msk: 'kafka',
}

/** Which log a URL names; its forms are in docs/reference/connections.md. */
function schemeOf(url: string): 'postgres' | 'kafka' {
  const log = SCHEMES[/^([a-z]+):/.exec(url)?.[1] ?? '']
  if (log) return log
  throw new Failure(
    'InvalidInput',
    'the event log URL begins with none of postgres://, kafka://, kafkas:// and msk:',
  )
}

/** The event log behind a URL; its driver is loaded only when needed. @throws `InvalidInput` */
export async function openEventLog(url: string): Promise<EventLog> {
  return schemeOf(url) === 'postgres'
    ? (await import('./postgres/event-log.ts')).postgresEventLog(url)
    : (await import('./kafka/event-log.ts')).kafkaEventLog(url)
}

/** A reader in consumer groups of the log behind a URL. @throws `InvalidInput` */
export async function openEventConsumer(url: string): Promise<EventConsumer> {
  return schemeOf(url) === 'postgres'
    ? (await import('./postgres/event-consumer.ts')).postgresEventConsumer(url)
    : (await import('./kafka/event-consumer.ts')).kafkaEventConsumer(url)
}

/** A look at the log behind a URL. @throws `InvalidInput` */
export async function openLogBrowser(url: string): Promise<LogBrowser> {
  return schemeOf(url) === 'postgres'
    ? (await import('./postgres/log-browser.ts')).postgresLogBrowser(url)
    : (await import('./kafka/log-browser.ts')).kafkaLogBrowser(url)
}

/** The topics of the log behind a URL. @throws `InvalidInput` */
export async function openTopicAdmin(url: string): Promise<TopicAdmin> {
  return schemeOf(url) === 'postgres'
    ? (await import('./postgres/topic-admin.ts')).postgresTopicAdmin(url)
    : (await import('./kafka/topic-admin.ts')).kafkaTopicAdmin(url)
}

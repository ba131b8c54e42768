import { describe, onTestFinished } from 'vitest'
import { postgresEventConsumer } from '#shared/adapters/postgres/event-consumer.ts'
import { postgresEventLog } from '#shared/adapters/postgres/event-log.ts'
import { postgresLogBrowser } from '#shared/adapters/postgres/log-browser.ts'
import { postgresTopicAdmin } from '#shared/adapters/postgres/topic-admin.ts'
import { freshDatabase } from '#test/support/database.ts'
import { eventLogContract } from './event-log.contract.ts'
import { eventConsumerContract } from './event-log-consumer.contract.ts'

async function open() {
  const url = await freshDatabase()
  const log = postgresEventLog(url)
  const browser = postgresLogBrowser(url)
  const admin = postgresTopicAdmin(url)
  onTestFinished(async () => {
    await Promise.all([log.close(), browser.close(), admin.close()])
  })
  return { log, browser, admin, consumer: () => postgresEventConsumer(url, { leaseMs: 1_500 }) }
}

describe('the event log in PostgreSQL', () => {
  eventLogContract(open)
  eventConsumerContract(open)
})

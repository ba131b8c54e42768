import { describe, it, onTestFinished } from 'vitest'
import { kafkaEventConsumer } from '#shared/adapters/kafka/event-consumer.ts'
import { kafkaEventLog } from '#shared/adapters/kafka/event-log.ts'
import { kafkaLogBrowser } from '#shared/adapters/kafka/log-browser.ts'
import { kafkaTopicAdmin } from '#shared/adapters/kafka/topic-admin.ts'
import { eventLogContract } from '#test/contract/event-log.contract.ts'
import { eventConsumerContract } from '#test/contract/event-log-consumer.contract.ts'

const brokers = process.env.KAFKA_BROKERS

async function open() {
  const url = `kafka://${brokers}`
  const log = kafkaEventLog(url)
  const browser = kafkaLogBrowser(url)
  const admin = kafkaTopicAdmin(url)
  onTestFinished(async () => {
    await Promise.all([log.close(), browser.close(), admin.close()])
  })
  return { log, browser, admin, consumer: () => kafkaEventConsumer(url) }
}

describe('the event log in Kafka', () => {
  if (!brokers) {
    it.skip('is not run: KAFKA_BROKERS is not set', () => undefined)
    return
  }
  eventLogContract(open)
  eventConsumerContract(open)
})

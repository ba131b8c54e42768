import { describe } from 'vitest'
import { memoryEventConsumer } from '#shared/adapters/memory/event-consumer.ts'
import {
  memoryEventLog,
  memoryLog,
  memoryLogBrowser,
  memoryTopicAdmin,
} from '#shared/adapters/memory/event-log.ts'
import { eventLogContract } from './event-log.contract.ts'
import { eventConsumerContract } from './event-log-consumer.contract.ts'

async function open() {
  const memory = memoryLog()
  return {
    log: memoryEventLog(memory),
    browser: memoryLogBrowser(memory),
    admin: memoryTopicAdmin(memory),
    consumer: () => memoryEventConsumer(memory),
  }
}

describe('the event log in memory', () => {
  eventLogContract(open)
  eventConsumerContract(open)
})

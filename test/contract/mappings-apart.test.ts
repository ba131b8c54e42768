import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Outcome } from '#local/lambda/outcome.ts'
import { type PackedRecords, unpackRecords } from '#local/lambda/pack-records.ts'
import type { MappingPlan } from '#local/template/mappings.ts'
import { mappingsApart } from '#local/triggers/mappings-apart.ts'
import { openEventLog, openTopicAdmin } from '#shared/adapters/event-log.ts'
import { topics } from '#shared/domain/topics.ts'
import { freshDatabase } from '#test/support/database.ts'

const TOPIC = 'hooks.custom'
const SOON = { timeout: 20_000, interval: 20 }
const WORKER = new URL('../../local/triggers/mapping-worker.ts', import.meta.url)

const mapping: MappingPlan = {
  ...{ functionName: 'reader', topic: TOPIC, group: 'reader', startingPosition: 'earliest' },
  ...{ batchSize: 100, windowMs: 0, maxRetries: 3, bisect: true, partialFailures: true },
  ...{ maxAgeMs: Number.POSITIVE_INFINITY, deadLetterTopic: `dlq.${TOPIC}` },
  source: { eventSource: 'SelfManagedKafka', bootstrapServers: 'embedded:0' },
}

async function open() {
  const eventLogUrl = await freshDatabase()
  const admin = await openTopicAdmin(eventLogUrl)
  await admin.apply(topics)
  await admin.close()
  const eventLog = await openEventLog(eventLogUrl)
  onTestFinished(() => eventLog.close())
  const read: string[] = []
  const threads: Worker[] = []
  const consumePacked = async (packed: PackedRecords): Promise<Outcome> => {
    for (const { value } of unpackRecords(packed)) read.push(String(Buffer.from(value ?? [])))
    return { type: 'result', value: { batchItemFailures: [] } }
  }
  const running = await mappingsApart(
    { eventLogUrl, mappings: [mapping] },
    {
      hosts: { of: () => ({ consumePacked }) },
      log: { output: () => undefined, event: () => undefined },
      start(workerData) {
        const thread = new Worker(WORKER, { workerData, stdout: true, stderr: true })
        threads.push(thread)
        return thread
      },
    },
  )
  onTestFinished(() => running.close())
  const append = (text: string) =>
    eventLog.append([{ topic: TOPIC, key: 'k', value: Buffer.from(text), headers: {} }])
  return { append, read, threads, running }
}

describe('mappings on a thread of their own', () => {
  it('hand records to functions, and go on with a new thread when theirs dies', async () => {
    const { append, read, threads } = await open()
    await append('one')
    await expect.poll(() => read, SOON).toContain('one')
    await threads[0]?.terminate()
    await append('two')
    await expect.poll(() => read, SOON).toContain('two')
    expect(threads).toHaveLength(2)
  })

  it('hand over nothing once they are stopped', async () => {
    const { append, read, running } = await open()
    await append('one')
    await expect.poll(() => read, SOON).toContain('one')
    await running.stop()
    await append('two')
    await new Promise((done) => setTimeout(done, 500))
    expect(read).toEqual(['one'])
  })

  it('say why they do not start', async () => {
    const parts = {
      hosts: { of: () => ({ consumePacked: () => Promise.reject(new Error('unused')) }) },
      log: { output: () => undefined, event: () => undefined },
    }
    const settings = { eventLogUrl: 'nowhere://', mappings: [] }
    await expect(mappingsApart(settings, parts)).rejects.toThrow('event log URL')
  })
})

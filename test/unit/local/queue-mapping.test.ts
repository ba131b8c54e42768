import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Outcome } from '#local/lambda/outcome.ts'
import { queueMappingsOf } from '#local/template/queues.ts'
import { resolveStacks } from '#local/template/stacks.ts'
import { runQueueMapping } from '#local/triggers/queue-mapping.ts'
import { fileSpill } from '#shared/adapters/file/spill-folder.ts'
import { fromSpillMessage } from '#shared/domain/spill/message.ts'
import { aSpilled, SOON } from '#test/contract/spill.contract.ts'

const MAPPING = {
  functionName: 'drain',
  queue: 'spill.fifo',
  arn: 'arn:aws:sqs:local:000000000000:spill.fifo',
  batchSize: 3,
  partialFailures: true,
  deadLetters: { queue: 'dead.fifo', maxReceives: 3 },
}
const DONE: Outcome = { type: 'result', value: { batchItemFailures: [] } }

const textOf = ({ body }: SQSRecord) =>
  (fromSpillMessage(body) ?? []).map(({ value }) => String(value)).join('+')

/** A queue whose function is `answer`, told the texts of each batch that it gets. */
async function aQueue(answer: (records: readonly SQSRecord[]) => Outcome) {
  const queues = await mkdtemp(join(tmpdir(), 'omninode-queues-'))
  onTestFinished(() => rm(queues, { recursive: true, force: true }))
  const folder = join(queues, MAPPING.queue)
  const spill = fileSpill(pathToFileURL(folder).href)
  const batches: string[][] = []
  const lines: string[] = []
  return {
    batches,
    lines,
    folder,
    deadLetters: join(queues, 'dead.fifo'),
    put: (key: string, text: string) =>
      spill.put([aSpilled({ key, value: Buffer.from(text) })], SOON),
    left: async () => (await readdir(folder)).length,
    run() {
      const running = runQueueMapping(MAPPING, {
        queues,
        host: {
          async notify(event) {
            const { Records } = event as SQSEvent
            batches.push(Records.map(textOf))
            return answer(Records)
          },
        },
        log: (_level, code) => lines.push(code),
      })
      onTestFinished(() => running.stop())
      return running
    },
  }
}

const failing = (records: readonly SQSRecord[], isFailed: (text: string) => boolean): Outcome => ({
  type: 'result',
  value: {
    batchItemFailures: records
      .filter((record) => isFailed(textOf(record)))
      .map(({ messageId }) => ({ itemIdentifier: messageId })),
  },
})

describe('a queue that is a folder', () => {
  it('brings its messages in order, so many at once as the template says, and each once', async () => {
    const queue = await aQueue(() => DONE)
    for (const text of ['1', '2', '3', '4']) await queue.put('k', text)
    queue.run()
    await expect.poll(queue.left).toBe(0)
    await queue.put('k', '5')
    await expect.poll(queue.left).toBe(0)
    expect(queue.batches).toEqual([['1', '2', '3'], ['4'], ['5']])
  })

  it('gives a function the event of a FIFO queue', async () => {
    const events: SQSRecord[] = []
    const queue = await aQueue((records) => {
      events.push(...records)
      return DONE
    })
    await queue.put('k', '1')
    queue.run()
    await expect.poll(() => events.length).toBe(1)
    expect(events[0]).toMatchObject({
      eventSource: 'aws:sqs',
      eventSourceARN: MAPPING.arn,
      attributes: {
        ApproximateReceiveCount: '1',
        MessageGroupId: expect.stringMatching(/^[\w-]{43}$/),
        MessageDeduplicationId: expect.stringMatching(/^[\w-]{43}$/),
      },
    })
    expect(Math.abs(Date.now() - Number(events[0]?.attributes.SentTimestamp))).toBeLessThan(60_000)
  })

  it('stops a key at what failed, lets the others go on, and tries again', async () => {
    let isBad = true
    const queue = await aQueue((records) =>
      failing(records, (text) => isBad && text.startsWith('a')),
    )
    for (const text of ['a1', 'b1', 'a2', 'a3', 'b2']) await queue.put(text.slice(0, 1), text)
    queue.run()
    await expect.poll(() => queue.batches.length).toBeGreaterThanOrEqual(2)
    isBad = false
    await expect.poll(queue.left).toBe(0)
    expect(queue.batches.slice(0, 2)).toEqual([['a1', 'b1', 'a2'], ['b2']])
    expect(queue.batches.flat().filter((text) => text === 'a3')).toHaveLength(1)
    expect(queue.batches.at(-1)?.at(-1)).toBe('a3')
  })

  it('waits out an outage without giving anything up', async () => {
    let isAway = true
    const away: Outcome = { type: 'error', errorType: 'Unavailable', message: 'away' }
    const queue = await aQueue(() => (isAway ? away : DONE))
    await queue.put('k', '1')
    queue.run()
    await expect.poll(() => queue.batches.length, { timeout: 9_000 }).toBeGreaterThan(4)
    expect(await queue.left()).toBe(1)
    isAway = false
    await expect.poll(queue.left, { timeout: 5_000 }).toBe(0)
    expect(queue.lines).toEqual(['queue.waits'])
  })

  it('buries what fails too often, and goes on with what lies behind it', async () => {
    const queue = await aQueue((records) =>
      records.some((record) => textOf(record) === 'poison')
        ? failing(records, (text) => text !== 'another')
        : DONE,
    )
    await queue.put('k', 'poison')
    await queue.put('k', 'behind')
    queue.run()
    await expect.poll(() => queue.batches.length, { timeout: 8_000 }).toBeGreaterThan(2)
    // Nothing else went through: it may be an outage.
    expect(queue.lines).toEqual([])
    for (let nr = 0; (await queue.left()) > 0; nr++) {
      await queue.put(`k${nr}`, 'another')
      await pause(200)
    }
    expect(queue.lines).toEqual(['queue.message-buried'])
    expect(queue.batches.flat().at(-1)).toMatch(/behind|another/)
    expect(await readdir(queue.deadLetters)).toHaveLength(1)
  })

  it('puts a file aside that is not what was written', async () => {
    const queue = await aQueue(() => DONE)
    await queue.put('k', '1')
    await writeFile(join(queue.folder, '00000000000000001-1-0.spill'), 'torn')
    queue.run()
    await expect.poll(queue.left).toBe(0)
    expect(await readdir(queue.deadLetters)).toEqual(['00000000000000001-1-0.spill'])
    expect(queue.lines).toEqual(['queue.file-broken'])
  })

  it('goes on after a restart where it stopped', async () => {
    const queue = await aQueue((records) => failing(records, () => true))
    await queue.put('k', '1')
    const first = queue.run()
    await expect.poll(() => queue.batches.length).toBe(1)
    await first.stop()
    queue.run()
    await expect.poll(() => queue.batches.length).toBeGreaterThan(1)
    expect(await queue.left()).toBe(1)
  })
})

it('reads from a template which function gets the messages of which queue', () => {
  const template = {
    Resources: {
      Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead.fifo' } },
      Queue: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          QueueName: 'spill.fifo',
          RedrivePolicy: {
            deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] },
            maxReceiveCount: 3,
          },
        },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          FunctionName: 'drain',
          BatchSize: 3,
          EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
          FunctionResponseTypes: ['ReportBatchItemFailures'],
        },
      },
    },
  }
  const resources = resolveStacks(new Map([['intake', template]]), {})
  expect(queueMappingsOf(resources, (name) => name)).toEqual([MAPPING])
})

import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sqsSpillOutlet } from '#shared/adapters/aws/spill-outlet.ts'
import { sqsSpill } from '#shared/adapters/aws/spill-queue.ts'
import {
  aSpilled,
  type Brought,
  SOON,
  type SpillUnderTest,
  spillContract,
} from '#test/contract/spill.contract.ts'

const VISIBILITY_S = 30
/** So many looks that find nothing in a row say that nothing is left. */
const EMPTY_LOOKS = 2

describe('a spill in SQS', () => {
  if (!process.env.AWS_ENDPOINT_URL) {
    it.skip('is not run: AWS_ENDPOINT_URL is not set', () => undefined)
    return
  }

  async function openQueue() {
    const sqs = new SQSClient({ useQueueUrlAsEndpoint: false })
    const s3 = new S3Client({ forcePathStyle: true })
    const name = `spill-${randomUUID()}`
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({
        QueueName: `${name}.fifo`,
        Attributes: { FifoQueue: 'true', VisibilityTimeout: String(VISIBILITY_S) },
      }),
    )
    await s3.send(new CreateBucketCommand({ Bucket: name }))
    onTestFinished(async () => {
      await sqs.send(new DeleteQueueCommand({ QueueUrl }))
      sqs.destroy()
      s3.destroy()
    })
    return { sqs, QueueUrl, url: `sqs:${QueueUrl}?bucket=${name}` }
  }

  async function receive(sqs: SQSClient, QueueUrl: string): Promise<readonly Message[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['MessageGroupId', 'ApproximateReceiveCount'],
      }),
    )
    return Messages
  }

  async function open(): Promise<SpillUnderTest> {
    const { sqs, QueueUrl, url } = await openQueue()
    const spill = sqsSpill(url)
    onTestFinished(() => spill.close())

    async function take(): Promise<readonly Brought[]> {
      const brought: Brought[] = []
      for (let empty = 0; empty < EMPTY_LOOKS; ) {
        const messages = await receive(sqs, QueueUrl)
        if (messages.length === 0) {
          empty += 1
          continue
        }
        empty = 0
        brought.push(...messages.map(toBrought))
        const Entries = messages.map(({ ReceiptHandle }, nr) => ({ Id: String(nr), ReceiptHandle }))
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
      }
      return brought
    }
    return { spill, outlet: sqsSpillOutlet(url), take }
  }

  spillContract(open)

  it('brings a message that was postponed again after that time, and what is behind it then', async () => {
    const { sqs, QueueUrl, url } = await openQueue()
    const spill = sqsSpill(url)
    onTestFinished(() => spill.close())
    for (const text of ['first', 'second']) {
      await spill.put([aSpilled({ value: Buffer.from(text) })], SOON)
    }
    await spill.put([aSpilled({ key: 'other' })], SOON)
    const outlet = sqsSpillOutlet(url)
    const textsOf = async (messages: readonly Message[]) => {
      const records = await Promise.all(messages.map(({ Body }) => outlet.read(Body ?? '')))
      return records.flat().map(({ key, value }) => `${key} ${value}`)
    }
    const first = await receive(sqs, QueueUrl)
    expect((await textsOf(first)).sort()).toEqual(['k first', 'k second', 'other {}'])
    await outlet.postpone(
      first.map(({ ReceiptHandle }) => ReceiptHandle ?? ''),
      2,
    )
    expect(await receive(sqs, QueueUrl)).toEqual([])
    await expect
      .poll(async () => (await textsOf(await receive(sqs, QueueUrl))).filter(isOfKey), {
        timeout: 10_000,
        interval: 300,
      })
      .toEqual(['k first', 'k second'])
  })

  it('is Misconfigured where there is no such queue', async () => {
    const { url } = await openQueue()
    const spill = sqsSpill(url.replace('.fifo', '-none.fifo'))
    await expect(spill.put([aSpilled()], SOON)).rejects.toMatchObject({ kind: 'Misconfigured' })
  })

  it('keeps nothing that it can not hold whole: without a bucket a large record is refused', async () => {
    const { sqs, QueueUrl, url } = await openQueue()
    const spill = sqsSpill(url.replace(/\?.*/, ''))
    const value = Buffer.from(Array.from({ length: 700_000 }, () => Math.random() * 256))
    await expect(spill.put([aSpilled({ value })], SOON)).rejects.toMatchObject({
      kind: 'Misconfigured',
    })
    expect(await receive(sqs, QueueUrl)).toEqual([])
  })
})

const isOfKey = (text: string) => text.startsWith('k ')

function toBrought({ Body = '', ReceiptHandle = '', Attributes }: Message): Brought {
  return { body: Body, handle: ReceiptHandle, group: Attributes?.MessageGroupId ?? '' }
}

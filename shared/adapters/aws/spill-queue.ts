import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { groupCommit } from '../../domain/group-commit.ts'
import { recordWeight } from '../../domain/record-size.ts'
import { type SpillMessage, toSpillMessages } from '../../domain/spill/message.ts'
import { Failure } from '../../errors.ts'
import type { NewRecord } from '../../ports/event-log.ts'
import type { Spill } from '../../ports/spill.ts'
import { awsFailure } from './failure.ts'
import { largeBody, packedBody } from './spill-body.ts'
import { spillObjects } from './spill-objects.ts'
import { spillPlace } from './spill-url.ts'

/**
 * SQS takes 1 MiB since 2025-08, MiniStack and older queues 256 KiB; a batch's messages count together.
 * What is larger, compressed, goes into an object.
 */
const MAX_BODY_BYTES = 200_000
const MAX_BATCH_BYTES = 250_000
/** SQS's own limit. */
const MAX_BATCH_MESSAGES = 10
const CONNECTION_TIMEOUT_MS = 1_000
const DEADLINE_MS = 10_000
const MAX_GROUP_RECORDS = 2_000
const MAX_GROUP_BYTES = 8 * 1_048_576
const MAX_PENDING_BYTES = 64 * 1_048_576

/** The client of the queue; AWS_ENDPOINT_URL, where it is set, says more than a queue's URL. */
export function spillClient(queueUrl: string): SQSClient {
  return new SQSClient({
    useQueueUrlAsEndpoint: /\.amazonaws\.com(\.cn)?$/.test(new URL(queueUrl).hostname),
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS },
  })
}

/**
 * Spills into a FIFO queue: records of one key in one topic are one message, and messages of one key
 * one message group. The deduplication id is the message's digest, not the event's identity: another
 * event under the same identity must reach the log, where it is told to be a conflict.
 */
export function sqsSpill(url: string, client?: SQSClient): Spill {
  const { queueUrl, bucket } = spillPlace(url)
  const sqs = client ?? spillClient(queueUrl)
  const objects = spillObjects(bucket)

  const group = groupCommit<NewRecord, undefined>({
    send,
    now: () => performance.now(),
    deadlineMs: DEADLINE_MS,
    maxItems: MAX_GROUP_RECORDS,
    maxBytes: MAX_GROUP_BYTES,
    maxPendingBytes: MAX_PENDING_BYTES,
    unavailable: (why) => new Failure('Unavailable', `spill: ${why}`),
  })

  /** One message per key, so that batches need not wait for each other. */
  async function send(records: readonly NewRecord[], timeLeftMs: number) {
    const signal = AbortSignal.timeout(Math.max(1, Math.floor(timeLeftMs)))
    const entries = await Promise.all(toSpillMessages(records).map((one) => toEntry(one, signal)))
    await Promise.all(batches(entries).map((batch) => sendBatch(batch, signal)))
    return records.map(() => undefined)
  }

  async function toEntry({ group, digest, text }: SpillMessage, signal: AbortSignal) {
    const { body, compressed } = packedBody(text)
    const entry = { MessageGroupId: group, MessageDeduplicationId: digest }
    if (body.length <= MAX_BODY_BYTES) return { ...entry, MessageBody: body }
    await objects.put(digest, compressed, signal)
    return { ...entry, MessageBody: largeBody(digest) }
  }

  async function sendBatch(entries: readonly Entry[], abortSignal: AbortSignal): Promise<void> {
    const Entries = entries.map((entry, nr) => ({ Id: String(nr), ...entry }))
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries })
    try {
      const { Failed = [] } = await sqs.send(command, { abortSignal })
      const [first] = Failed
      if (first) throw new Failure('Unavailable', `spill: ${first.Code}: ${first.Message}`)
    } catch (error) {
      throw awsFailure(error, 'spill: a message was not sent', `sqs:SendMessage on ${queueUrl}`)
    }
  }

  return {
    async put(records, { timeoutMs }) {
      if (records.length === 0) return
      const bytes = records.reduce((sum, record) => sum + recordWeight(record), 0)
      await group.add(records, bytes, DEADLINE_MS - timeoutMs)
    },
    async close() {
      await group.idle()
      sqs.destroy()
    },
  }
}

type Entry = Omit<SendMessageBatchRequestEntry, 'Id'> & Readonly<{ MessageBody: string }>

function batches(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const all: Entry[][] = []
  let bytes = 0
  for (const entry of entries) {
    const last = all.at(-1)
    const fits = last && last.length < MAX_BATCH_MESSAGES
    if (fits && bytes + entry.MessageBody.length <= MAX_BATCH_BYTES) last.push(entry)
    else {
      all.push([entry])
      bytes = 0
    }
    bytes += entry.MessageBody.length
  }
  return all
}

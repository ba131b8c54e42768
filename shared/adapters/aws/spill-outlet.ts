import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { fromSpillMessage } from '../../domain/spill/message.ts'
import { Failure } from '../../errors.ts'
import type { SpillOutlet } from '../../ports/spill.ts'
import { awsFailure } from './failure.ts'
import { textOf } from './spill-body.ts'
import { spillObjects } from './spill-objects.ts'
import { spillClient } from './spill-queue.ts'
import { spillPlace } from './spill-url.ts'

/** SQS's own limit. */
const MAX_BATCH_MESSAGES = 10
const TIMEOUT_MS = 3_000

/** Reads what `sqsSpill` wrote. */
export function sqsSpillOutlet(url: string, client?: SQSClient): SpillOutlet {
  const { queueUrl, bucket } = spillPlace(url)
  const sqs = client ?? spillClient(queueUrl)
  const objects = spillObjects(bucket)

  async function hide(receiptHandles: readonly string[], seconds: number): Promise<void> {
    const Entries = receiptHandles.map((ReceiptHandle, nr) => ({
      ...{ Id: String(nr), ReceiptHandle, VisibilityTimeout: seconds },
    }))
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries })
    try {
      const { Failed = [] } = await sqs.send(command, {
        abortSignal: AbortSignal.timeout(TIMEOUT_MS),
      })
      const [first] = Failed
      if (first) throw new Failure('Unavailable', `spill: ${first.Code}: ${first.Message}`)
    } catch (error) {
      const check = `sqs:ChangeMessageVisibility on ${queueUrl}`
      throw awsFailure(error, 'spill: messages were not postponed', check)
    }
  }

  return {
    async read(body) {
      const text = await textOf(body, objects.get)
      const records = text === undefined ? undefined : fromSpillMessage(text)
      if (!records) throw new Failure('Malformed', 'this is no message of a spill')
      return records
    },
    async postpone(receiptHandles, seconds) {
      for (let at = 0; at < receiptHandles.length; at += MAX_BATCH_MESSAGES) {
        await hide(receiptHandles.slice(at, at + MAX_BATCH_MESSAGES), seconds)
      }
    },
  }
}

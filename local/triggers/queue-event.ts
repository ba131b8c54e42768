import { createHash } from 'node:crypto'
import type { SQSEvent } from 'aws-lambda'
import type { QueueMappingPlan } from '../template/queues.ts'
import type { QueuedMessage } from './queue-folder.ts'

/** The event with which Lambda's event source mapping of a FIFO queue calls a function. */
export function toQueueEvent(
  messages: readonly QueuedMessage[],
  { arn }: Pick<QueueMappingPlan, 'arn'>,
  nowMs: number,
): SQSEvent {
  return {
    Records: messages.map(({ id, message, tries, sentMs }) => ({
      messageId: id,
      // The function finds nothing to do with it here: what comes again, and when, we decide.
      receiptHandle: id,
      body: message.text,
      attributes: {
        ApproximateReceiveCount: String(tries + 1),
        SentTimestamp: String(sentMs),
        SenderId: 'local',
        ApproximateFirstReceiveTimestamp: String(nowMs),
        MessageGroupId: message.group,
        MessageDeduplicationId: message.digest,
        SequenceNumber: id.replaceAll(/\D/g, ''),
      },
      messageAttributes: {},
      md5OfBody: createHash('md5').update(message.text).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: arn,
      awsRegion: 'local',
    })),
  }
}

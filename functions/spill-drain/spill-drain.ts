import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { Failure } from '#shared/errors.ts'
import { errorFields, log as writeLine } from '#shared/log.ts'
import type { EventLog, NewRecord } from '#shared/ports/event-log.ts'
import type { SpillOutlet } from '#shared/ports/spill.ts'
import { outageWaitS, REFUSED_WAIT_S } from './postponement.ts'

type Dependencies = Readonly<{ log: Pick<EventLog, 'append'>; outlet: SpillOutlet }>

/** A message with its records, or why they can't be had. */
type Opened = Readonly<{ message: SQSRecord; records: readonly NewRecord[] | Failure }>
type Readable = Opened & Readonly<{ records: readonly NewRecord[] }>

/**
 * Moves spilled records to the log, in order, and answers which messages have to come again. Of a
 * message group nothing goes on behind a message that failed. While the log is away all of them have to,
 * each later than the last time. Safe to run twice on the same message: a record that is on the log twice
 * counts once.
 */
export function drainSpill({ log, outlet }: Dependencies) {
  return async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    try {
      const opened = await Promise.all(Records.map(open))
      const refused = await move(opened)
      await postpone(refused, () => REFUSED_WAIT_S)
      const records = opened.flatMap((one) =>
        isReadable(one) && !refused.includes(one.message) ? one.records : [],
      )
      if (records.length > 0) writeLine('info', 'spill-drained', { records: records.length })
      return failuresOf(refused)
    } catch (outage) {
      await postpone(Records, ({ attributes }) =>
        outageWaitS(Number(attributes.ApproximateReceiveCount)),
      )
      if (!(outage instanceof Failure)) throw outage
      // No error of this function: LocalStack would leave the batch's other groups hidden for minutes.
      writeLine('warn', 'spill-waits', { messages: Records.length, ...errorFields(outage) })
      return failuresOf(Records)
    }
  }

  async function open(message: SQSRecord): Promise<Opened> {
    try {
      return { message, records: await outlet.read(message.body) }
    } catch (error) {
      return { message, records: refusalIn(error) }
    }
  }

  /** The messages that were refused, and those of their groups that lie behind them. */
  async function move(opened: readonly Opened[]): Promise<readonly SQSRecord[]> {
    if (opened.every(isReadable)) {
      try {
        await log.append(opened.flatMap(({ records }) => records))
        return []
      } catch (error) {
        // It may concern one message alone.
        refusalIn(error)
      }
    }
    return moveEach(opened)
  }

  async function moveEach(opened: readonly Opened[]): Promise<readonly SQSRecord[]> {
    const stopped = new Set<string | undefined>()
    const refused: SQSRecord[] = []
    for (const one of opened) {
      const { MessageGroupId: group } = one.message.attributes
      const isBehind = stopped.has(group)
      const refusal = isBehind ? undefined : await refusalOf(one)
      if (!isBehind && !refusal) continue
      stopped.add(group)
      refused.push(one.message)
      if (!refusal) continue
      const { messageId } = one.message
      writeLine('error', 'spill-message-refused', { messageId, ...errorFields(refusal) })
    }
    return refused
  }

  async function refusalOf(one: Opened): Promise<Failure | undefined> {
    if (!isReadable(one)) return one.records as Failure
    try {
      await log.append(one.records)
      return undefined
    } catch (error) {
      return refusalIn(error)
    }
  }

  async function postpone(messages: readonly SQSRecord[], wait: (message: SQSRecord) => number) {
    for (const [seconds, list] of Map.groupBy(messages, wait)) {
      const handles = list.map(({ receiptHandle }) => receiptHandle)
      // They come again after the queue's own time then.
      await outlet.postpone(handles, seconds).catch((error: unknown) => {
        writeLine('warn', 'spill-not-postponed', { messages: list.length, ...errorFields(error) })
      })
    }
  }
}

function failuresOf(messages: readonly SQSRecord[]): SQSBatchResponse {
  return { batchItemFailures: messages.map(({ messageId }) => ({ itemIdentifier: messageId })) }
}

/** What is wrong with the records themselves. @throws the error where it is an outage */
function refusalIn(error: unknown): Failure {
  if (error instanceof Failure && !error.retryable) return error
  throw error
}

function isReadable(one: Opened): one is Readable {
  return !(one.records instanceof Failure)
}

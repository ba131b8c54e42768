import type { NameOf } from './functions.ts'
import type { ResolvedResource } from './stacks.ts'

/** One event source mapping of a queue: its messages go to a function. */
export type QueueMappingPlan = Readonly<{
  functionName: string
  /** The queue's name. */
  queue: string
  arn: string
  batchSize: number
  /** Whether the function's answer may name the messages that failed. */
  partialFailures: boolean
  /** Where messages go that were given up; undefined where none ever is. */
  deadLetters: Readonly<{ queue: string; maxReceives: number }> | undefined
}>

type Mapping = Readonly<{
  FunctionName: string
  EventSourceArn?: string
  BatchSize?: number
  FunctionResponseTypes?: readonly string[]
}>
type Queue = Readonly<{
  QueueName?: string
  RedrivePolicy?: Readonly<{ deadLetterTargetArn: string; maxReceiveCount: number | string }>
}>

/** `arn:aws:sqs:region:account:name` */
const QUEUE_ARN = /^arn:[^:]+:sqs:[^:]*:[^:]*:([^:]+)$/
/** Lambda's default for a queue. */
const DEFAULT_BATCH_SIZE = 10

/** The event source mappings of all stacks that read queues. @throws `Error` for one of no queue here */
export function queueMappingsOf(
  resources: readonly ResolvedResource[],
  nameOf: NameOf,
): readonly QueueMappingPlan[] {
  const queues = new Map(
    resources
      .filter(({ type }) => type === 'AWS::SQS::Queue')
      .map(({ logicalId, properties }) => {
        const queue = properties as Queue
        return [queue.QueueName ?? logicalId, queue] as const
      }),
  )
  return resources
    .filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping')
    .flatMap(({ properties }) => {
      const mapping = properties as Mapping
      const arn = mapping.EventSourceArn ?? ''
      const name = QUEUE_ARN.exec(arn)?.[1]
      if (name === undefined) return []
      const queue = queues.get(name)
      if (!queue)
        throw new Error(`${mapping.FunctionName} reads a queue ${name}, which is not here`)
      return {
        functionName: nameOf(mapping.FunctionName),
        queue: name,
        arn,
        batchSize: mapping.BatchSize ?? DEFAULT_BATCH_SIZE,
        partialFailures: (mapping.FunctionResponseTypes ?? []).includes('ReportBatchItemFailures'),
        deadLetters: deadLettersOf(queue),
      }
    })
}

function deadLettersOf({ RedrivePolicy: policy }: Queue): QueueMappingPlan['deadLetters'] {
  const queue = QUEUE_ARN.exec(policy?.deadLetterTargetArn ?? '')?.[1]
  if (!policy || !queue) return undefined
  return { queue, maxReceives: Number(policy.maxReceiveCount) }
}

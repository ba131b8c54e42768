import type { EventSource } from '../lambda/pack-records.ts'
import type { NameOf } from './functions.ts'
import type { ResolvedResource } from './stacks.ts'

/** One event source mapping: a topic that a function consumes. */
export type MappingPlan = Readonly<{
  functionName: string
  topic: string
  group: string
  startingPosition: 'earliest' | 'latest'
  batchSize: number
  windowMs: number
  /** Tries after the first, until a batch is given up; Infinity to never give up. */
  maxRetries: number
  /** A record older than that is given up; Infinity for none. */
  maxAgeMs: number
  bisect: boolean
  /** Whether the function's answer may name the records that failed. */
  partialFailures: boolean
  /** Topic for records that were given up; undefined drops them, as Lambda does. */
  deadLetterTopic: string | undefined
  /** What the function is told of where the records come from. */
  source: EventSource
}>

type Properties = Readonly<{
  FunctionName: string
  Topics?: readonly string[]
  StartingPosition?: string
  BatchSize?: number
  MaximumBatchingWindowInSeconds?: number
  MaximumRetryAttempts?: number
  MaximumRecordAgeInSeconds?: number
  BisectBatchOnFunctionError?: boolean
  FunctionResponseTypes?: readonly string[]
  DestinationConfig?: { OnFailure?: { Destination?: string } }
  EventSourceArn?: string
  AmazonManagedKafkaEventSourceConfig?: { ConsumerGroupId?: string }
  SelfManagedEventSource?: { Endpoints?: { KafkaBootstrapServers?: readonly string[] } }
  SelfManagedKafkaEventSourceConfig?: { ConsumerGroupId?: string }
}>

/** Lambda's defaults for Kafka (developer guide, "Apache Kafka event source mapping"). */
const DEFAULT_BATCH_SIZE = 100
const DEFAULT_WINDOW_MS = 500
/** "Infinite" means this many when there is a failure destination. */
const RETRIES_WITH_DESTINATION = 10
const DESTINATION = /^kafka:\/\/(.+)$/

const QUEUE = /^arn:[^:]+:sqs:/
const MSK = /^arn:[^:]+:kafka:/

/**
 * The event source mappings of all stacks that read topics; those that read queues are left out.
 *
 * @param brokers what an MSK mapping tells its function: its template has no brokers
 * @throws `Error` for a mapping of anything else.
 */
export function mappingsOf(
  resources: readonly ResolvedResource[],
  nameOf: NameOf,
  brokers = '',
): readonly MappingPlan[] {
  return resources
    .filter(({ type, properties }) => {
      const source = String(properties.EventSourceArn ?? '')
      return type === 'AWS::Lambda::EventSourceMapping' && !QUEUE.test(source)
    })
    .map(({ logicalId, properties }) => {
      return mappingOf(logicalId, properties as Properties, nameOf, brokers)
    })
}

function mappingOf(
  logicalId: string,
  properties: Properties,
  nameOf: NameOf,
  brokers: string,
): MappingPlan {
  const [topic] = properties.Topics ?? []
  const source = sourceOf(properties, brokers)
  if (!topic || !source) throw new Error(`${logicalId} reads no topic of Kafka`)
  const destination = properties.DestinationConfig?.OnFailure?.Destination
  const deadLetterTopic = destination === undefined ? undefined : DESTINATION.exec(destination)?.[1]
  if (destination !== undefined && !deadLetterTopic) {
    throw new Error(`${logicalId} sends failures to ${destination}, which is no Kafka topic`)
  }
  const window = properties.MaximumBatchingWindowInSeconds
  return {
    functionName: nameOf(properties.FunctionName),
    topic,
    group:
      properties.SelfManagedKafkaEventSourceConfig?.ConsumerGroupId ??
      properties.AmazonManagedKafkaEventSourceConfig?.ConsumerGroupId ??
      logicalId,
    startingPosition: properties.StartingPosition === 'LATEST' ? 'latest' : 'earliest',
    batchSize: properties.BatchSize ?? DEFAULT_BATCH_SIZE,
    windowMs: window === undefined ? DEFAULT_WINDOW_MS : window * 1_000,
    maxRetries: limited(
      properties.MaximumRetryAttempts,
      deadLetterTopic ? RETRIES_WITH_DESTINATION : Number.POSITIVE_INFINITY,
    ),
    maxAgeMs: limited(properties.MaximumRecordAgeInSeconds, Number.POSITIVE_INFINITY, 1_000),
    bisect: properties.BisectBatchOnFunctionError ?? false,
    partialFailures: (properties.FunctionResponseTypes ?? []).includes('ReportBatchItemFailures'),
    deadLetterTopic,
    source,
  }
}

function sourceOf(
  { SelfManagedEventSource, EventSourceArn = '' }: Properties,
  brokers: string,
): EventSource | undefined {
  const servers = SelfManagedEventSource?.Endpoints?.KafkaBootstrapServers
  if (servers) return { eventSource: 'SelfManagedKafka', bootstrapServers: servers.join(',') }
  if (!MSK.test(EventSourceArn)) return undefined
  return {
    eventSource: 'aws:kafka',
    eventSourceArn: EventSourceArn,
    bootstrapServers: brokers,
  }
}

/** -1 and nothing mean no limit. */
function limited(value: number | undefined, unlimited: number, factor = 1): number {
  return value === undefined || value < 0 ? unlimited : value * factor
}

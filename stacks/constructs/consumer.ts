import { CfnCondition, CfnParameter, Fn, Stack, Validations } from 'aws-cdk-lib'
import { CfnEventSourceMapping, type CfnEventSourceMappingProps } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { deadLetterTopic, eventTopics, type Topic } from '#shared/domain/topics.ts'
import { names } from '../names.ts'
import type { StageName } from '../stage.ts'
import type { Broker } from '../surroundings.ts'
import { grantPolling, grantReading, grantWriting } from './broker-access.ts'
import type { ServiceFunction } from './service-function.ts'

type ConsumerProps = Readonly<{
  target: ServiceFunction
  broker: Broker
  stage: StageName
  /** Records per invocation at most. */
  batchSize: number
  /** Every event topic when left out. */
  topics?: readonly Topic[]
  /** Where a new group begins; LATEST can miss what comes while the mapping is made. */
  startingPosition?: 'TRIM_HORIZON' | 'LATEST'
  /** Seconds that records may be gathered for. */
  windowS?: number
  /**
   * Patterns (Lambda developer guide, "event filtering") of which a record must match one. They save
   * invocations and no more: a record that is no JSON is dropped, and outside of AWS none is filtered.
   */
  filters?: readonly Readonly<Record<string, unknown>>[]
}>

/**
 * How often a batch is tried before the record that spoils it is looked for and put aside. Waiting
 * for a database that is away does not count locally; in AWS it does, so this spans some minutes.
 */
const RETRY_ATTEMPTS = 10

/**
 * With provisioned pollers and no window a record reaches its function within 100 ms. Retry limits,
 * partial failures, bisecting and a Kafka dead-letter topic exist in provisioned mode alone
 * (Lambda developer guide, "Apache Kafka event source mapping", provisioned mode).
 */
const BATCHING_WINDOW_S = 0
const MIN_POLLERS = 1

/**
 * Hands every record of some topics to a function, each partition in order, one mapping per topic
 * (Lambda takes no more). A record that spoils its batch ends on the topic's dead-letter topic.
 *
 * LocalStack refuses Kafka event source mappings, so those of the `compose` template stand under a
 * condition that holds only when asked for: the poller that takes their place there reads them.
 */
export class Consumer extends Construct {
  /** Names of what it reads. */
  readonly topics: readonly string[]

  constructor(scope: Construct, id: string, props: ConsumerProps) {
    super(scope, id)
    const topics = props.topics ?? eventTopics
    const condition = props.stage === 'compose' ? mappingsCondition(Stack.of(this)) : undefined
    this.topics = topics.map(({ name }) => name)
    const groups = this.topics.map((name) => consumerGroup(props.target.name, name))
    for (const topic of topics) {
      const resource = new CfnEventSourceMapping(this, topic.name, mapping(topic, props))
      if (props.broker.pollers === 'on-demand') acknowledgeNoDestination(resource)
      if (condition) resource.cfnOptions.condition = condition
      // A mapping that is made before its function may poll never gets to.
      if (props.target.lambda.role) resource.node.addDependency(props.target.lambda.role)
    }
    grantPolling(props.target.lambda, props.broker)
    grantReading(props.target.lambda, props.broker, this.topics, groups)
    grantWriting(props.target.lambda, props.broker, this.topics.map(deadLetterTopic))
  }
}

/** Says whether what the stack is deployed to knows Kafka event source mappings; LocalStack doesn't. */
function mappingsCondition(stack: Stack): CfnCondition {
  const existing = stack.node.tryFindChild('HasKafkaMappings') as CfnCondition | undefined
  if (existing) return existing
  const parameter = new CfnParameter(stack, 'KafkaMappings', {
    description: 'Whether event source mappings read Kafka here',
    allowedValues: ['yes', 'no'],
    default: 'no',
  })
  return new CfnCondition(stack, 'HasKafkaMappings', {
    expression: Fn.conditionEquals(parameter.valueAsString, 'yes'),
  })
}

/** ASCII without a colon, or the lag metrics vanish. */
export function consumerGroup(functionName: string, topic: string): string {
  return `${functionName}-${topic}`
}

function mapping(topic: Topic, props: ConsumerProps): CfnEventSourceMappingProps {
  const { target, broker, batchSize, filters } = props
  return {
    functionName: target.lambda.functionArn,
    topics: [topic.name],
    startingPosition: props.startingPosition ?? 'TRIM_HORIZON',
    batchSize,
    maximumBatchingWindowInSeconds: props.windowS ?? BATCHING_WINDOW_S,
    ...(filters
      ? { filterCriteria: { filters: filters.map((one) => ({ pattern: JSON.stringify(one) })) } }
      : {}),
    ...(broker.pollers === 'provisioned' ? provisioned(topic) : {}),
    ...source(broker, consumerGroup(target.name, topic.name)),
  }
}

function acknowledgeNoDestination(mapping: CfnEventSourceMapping): void {
  Validations.of(mapping).acknowledge({
    id: 'Serverless-LambdaEventSourceMappingDestination',
    reason:
      'Pollers on demand know none for Kafka. event-recorder itself puts aside what can not be processed; what fails for other reasons is tried until it succeeds.',
  })
}

/** On demand, a batch that fails blocks its partition until it succeeds or its records expire. */
function provisioned(topic: Topic): Partial<CfnEventSourceMappingProps> {
  return {
    maximumRetryAttempts: RETRY_ATTEMPTS,
    bisectBatchOnFunctionError: true,
    functionResponseTypes: ['ReportBatchItemFailures'],
    destinationConfig: { onFailure: { destination: `kafka://${deadLetterTopic(topic.name)}` } },
    provisionedPollerConfig: {
      minimumPollers: MIN_POLLERS,
      maximumPollers: topic.partitions,
      // Mappings of one group share poller units of some ten pollers, which are billed by the hour:
      // a group for each function would leave most of its last unit idle.
      pollerGroupName: names.pollers,
    },
  }
}

function source(broker: Broker, consumerGroupId: string): Partial<CfnEventSourceMappingProps> {
  if (broker.kind === 'msk') {
    return {
      eventSourceArn: broker.clusterArn,
      amazonManagedKafkaEventSourceConfig: { consumerGroupId },
    }
  }
  const { bootstrapServers, sourceAccess } = broker
  return {
    selfManagedEventSource: { endpoints: { kafkaBootstrapServers: [...bootstrapServers] } },
    selfManagedKafkaEventSourceConfig: { consumerGroupId },
    ...(sourceAccess.length > 0 ? { sourceAccessConfigurations: [...sourceAccess] } : {}),
  }
}

import { CfnCondition, CfnParameter, Fn, Stack } from 'aws-cdk-lib'
import { CfnEventSourceMapping, type CfnEventSourceMappingProps } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { deadLetterTopic, eventTopics, type Topic } from '#shared/domain/topics.ts'
import type { StageName } from '../stage.ts'
import type { Broker } from '../surroundings.ts'
import { grantReading, grantWriting } from './broker-access.ts'
import type { ServiceFunction } from './service-function.ts'

type ConsumerProps = Readonly<{
  target: ServiceFunction
  broker: Broker
  stage: StageName
  /** Records per invocation at most. */
  batchSize: number
  /** Every event topic when left out. */
  topics?: readonly Topic[]
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
  constructor(scope: Construct, id: string, props: ConsumerProps) {
    super(scope, id)
    const topics = props.topics ?? eventTopics
    const condition = props.stage === 'compose' ? mappingsCondition(Stack.of(this)) : undefined
    for (const topic of topics) {
      const resource = new CfnEventSourceMapping(this, topic.name, mapping(topic, props))
      if (condition) resource.cfnOptions.condition = condition
    }
    const names = topics.map(({ name }) => name)
    const groups = names.map((name) => consumerGroup(props.target.name, name))
    grantReading(props.target.lambda, props.broker, names, groups)
    grantWriting(props.target.lambda, props.broker, names.map(deadLetterTopic))
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

function mapping(topic: Topic, { target, broker, batchSize }: ConsumerProps) {
  const settings: CfnEventSourceMappingProps = {
    functionName: target.lambda.functionArn,
    topics: [topic.name],
    startingPosition: 'TRIM_HORIZON',
    batchSize,
    maximumBatchingWindowInSeconds: BATCHING_WINDOW_S,
    maximumRetryAttempts: RETRY_ATTEMPTS,
    bisectBatchOnFunctionError: true,
    functionResponseTypes: ['ReportBatchItemFailures'],
    destinationConfig: { onFailure: { destination: `kafka://${deadLetterTopic(topic.name)}` } },
    provisionedPollerConfig: {
      minimumPollers: MIN_POLLERS,
      maximumPollers: topic.partitions,
      // Mappings of one group share poller units, which are billed by the hour.
      pollerGroupName: target.name,
    },
    ...source(broker, consumerGroup(target.name, topic.name)),
  }
  return settings
}

function source(broker: Broker, consumerGroupId: string): Partial<CfnEventSourceMappingProps> {
  if (broker.kind === 'msk') {
    return {
      eventSourceArn: broker.clusterArn,
      amazonManagedKafkaEventSourceConfig: { consumerGroupId },
    }
  }
  return {
    selfManagedEventSource: {
      endpoints: { kafkaBootstrapServers: [broker.bootstrapServers] },
    },
    selfManagedKafkaEventSourceConfig: { consumerGroupId },
  }
}

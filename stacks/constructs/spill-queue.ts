import { Duration, Validations } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
} from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { names } from '../names.ts'
import type { StageName } from '../stage.ts'
import type { Surroundings } from '../surroundings.ts'
import type { ServiceFunction } from './service-function.ts'
import { SpillBucket } from './spill-bucket.ts'

type SpillQueueProps = Readonly<{ stage: StageName; surroundings: Surroundings }>

/** As long as SQS keeps anything, in the queue and in the one of dead letters anew. */
const RETENTION = Duration.days(14)
/** As many as SQS counts: while the log is away the drain stretches them over more than ten days. */
const MAX_RECEIVES = 1_000
/** SQS's own limit for a FIFO queue. */
const BATCH_SIZE = 10
const MAX_CONCURRENCY = 10

/** How long one invocation of the drain may take: ten appends and their objects, each at its slowest. */
export const DRAIN_TIMEOUT = Duration.seconds(60)
/** A batch comes again when its invocation was lost; Lambda asks for six times its timeout. */
const VISIBILITY = Duration.seconds(6 * DRAIN_TIMEOUT.toSeconds())

/**
 * Holds accepted hooks while the log does not take them: first in, first out per key, at the throughput
 * that keys side by side have. What the log refuses for good ends in a queue of its own.
 */
export class SpillQueue extends Construct {
  /** The value of `SPILL_URL`. */
  readonly url: string
  readonly #queue: Queue
  /** Stage local keeps queues in folders, which take messages of any size. */
  readonly #bucket: SpillBucket | undefined

  constructor(scope: Construct, id: string, { stage, surroundings }: SpillQueueProps) {
    super(scope, id)
    const deadLetters = new Queue(this, 'DeadLetters', queueProps(names.spill.deadLetters))
    Validations.of(deadLetters).acknowledge({
      id: 'Serverless-SQSRedrivePolicy',
      reason:
        'It is where messages end that the log refuses; people look at it and move them back.',
    })
    this.#queue = new Queue(this, 'Queue', {
      ...queueProps(names.spill.queue),
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVES },
    })
    this.#bucket = stage === 'local' ? undefined : new SpillBucket(this, 'Large')
    this.url = this.#bucket
      ? `sqs:${this.#queue.queueUrl}?bucket=${this.#bucket.bucketName}`
      : `${surroundings.queuesUrl}/${names.spill.queue}`
  }

  grantPut(lambda: LambdaFunction): void {
    const resources = [this.#queue.queueArn]
    lambda.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources }))
    this.#bucket?.grantWrite(lambda)
  }

  /** Brings the queue's messages to a function, of each key in order. */
  drainInto({ lambda }: ServiceFunction): void {
    lambda.addEventSource(
      new SqsEventSource(this.#queue, {
        batchSize: BATCH_SIZE,
        maxConcurrency: MAX_CONCURRENCY,
        reportBatchItemFailures: true,
      }),
    )
    Validations.of(lambda).acknowledge({
      id: 'Serverless-LambdaEventSourceMappingDestination',
      reason: 'What fails for good goes to the dead letters of the queue itself.',
    })
    this.#bucket?.grantRead(lambda)
  }
}

function queueProps(queueName: string) {
  return {
    queueName,
    fifo: true,
    deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
    fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: RETENTION,
  }
}

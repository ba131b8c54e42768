import { Duration, Stack, Validations } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { names } from '../names.ts'

/** As long as a queue can keep anything: nobody is woken for what the next tick of the clock does. */
const RETENTION = Duration.days(14)

/**
 * The one queue of what was invoked asynchronously (by the clock) and failed for good, with what it was
 * invoked with and how it failed.
 */
export class FailedInvocations extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id)
    const queue = new Queue(this, 'Queue', {
      queueName: names.failedInvocations,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: RETENTION,
    })
    // EventBridge puts here what it could not hand to a function at all.
    queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    )
    const reason = 'It is where failures end: nothing reads it but people.'
    Validations.of(queue).acknowledge(
      { id: 'AwsSolutions-SQS3', reason },
      { id: 'Serverless-SQSRedrivePolicy', reason },
    )
  }
}

/** The queue, seen from any stack: by its name, so that no stack hangs on another for it. */
export function failedInvocations(scope: Construct): IQueue {
  const stack = Stack.of(scope)
  const existing = stack.node.tryFindChild('FailedInvocationsQueue') as IQueue | undefined
  if (existing) return existing
  const arn = stack.formatArn({ service: 'sqs', resource: names.failedInvocations })
  return Queue.fromQueueArn(stack, 'FailedInvocationsQueue', arn)
}

/** Keeps what a function was invoked with asynchronously when it failed for good. */
export function keepFailedInvocations(lambda: LambdaFunction): void {
  lambda.configureAsyncInvoke({ onFailure: new SqsDestination(failedInvocations(lambda)) })
  Validations.of(lambda).acknowledge({
    id: 'Serverless-LambdaDLQ',
    reason: 'Its on-failure destination keeps what a dead-letter queue would, and the error too.',
  })
}

import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import { alarmName } from './alarm.ts'

/** Who may send to the topic, each for this account alone. */
const SENDERS = ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com']

/** Where alarms go. Encrypted with a key of its own: CloudWatch may not use the account's SNS key. */
export class AlarmTopic extends Construct {
  readonly topicArn: string

  constructor(scope: Construct, id: string, { email }: Readonly<{ email?: string }>) {
    super(scope, id)
    const senders = SENDERS.map((name) => new ServicePrincipal(name))
    const conditions = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } }
    const key = new Key(this, 'Key', {
      description: 'Alarms of OmniNode Bridge on their way to people',
      enableKeyRotation: true,
      pendingWindow: Duration.days(7),
      // Nothing that it encrypted is kept.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: senders,
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        // In a key's policy this is the key itself.
        resources: ['*'],
        conditions,
      }),
    )
    const topic = new Topic(this, 'Topic', {
      topicName: alarmTopicName(this),
      displayName: 'OmniNode Bridge',
      masterKey: key,
      enforceSSL: true,
    })
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: senders,
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions,
      }),
    )
    if (email) {
      const subscription = topic.addSubscription(new EmailSubscription(email))
      Validations.of(subscription).acknowledge({
        id: 'Serverless-SNSRedrivePolicy',
        reason:
          'A mail that does not arrive is tried again for hours, and what it says is not lost: the alarm stands in CloudWatch.',
      })
    }
    this.topicArn = topic.topicArn
  }
}

/** Known to every stack of the stage without asking the one that makes it. */
export function alarmTopicName(scope: Construct): string {
  return alarmName(scope, 'alarms')
}

import { Fn, Validations } from 'aws-cdk-lib'
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Broker, SourceAccess } from '../surroundings.ts'

const POLLER_POLICY = 'service-role/AWSLambdaMSKExecutionRole'

/**
 * Lets Lambda's pollers find the cluster and stand in its network; brokers of one's own are polled from
 * within the network too, with secrets that the function's role has to reach.
 */
export function grantPolling(lambda: LambdaFunction, broker: Broker): void {
  if (broker.kind === 'self-managed' && broker.sourceAccess.length === 0) return
  const { role } = lambda
  if (broker.kind === 'self-managed') grantSecrets(lambda, broker.sourceAccess)
  role?.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName(POLLER_POLICY))
  Validations.of(role ?? lambda).acknowledge({
    id: `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${POLLER_POLICY}]`,
    reason:
      'Network interfaces of pollers are made, found and removed by calls that can not be limited to some of them; AWS keeps this policy at what event source mappings need.',
  })
}

function grantSecrets(lambda: LambdaFunction, sourceAccess: readonly SourceAccess[]): void {
  const secrets = sourceAccess.filter(({ type }) => !type.startsWith('VPC_'))
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: ['secretsmanager:GetSecretValue'],
      resources: secrets.map(({ uri }) => uri),
    }),
  )
}

/**
 * IAM access control for MSK (developer guide, "IAM access control", actions and resources). CDK's own
 * Kafka event source grants `kafka:*` calls and none of these. Brokers by address need no IAM.
 */
export function grantReading(
  lambda: LambdaFunction,
  broker: Broker,
  topics: readonly string[],
  groups: readonly string[],
): void {
  if (broker.kind !== 'msk') return
  grantCluster(lambda, broker.clusterArn)
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
      resources: topics.map((topic) => partOfCluster(broker.clusterArn, 'topic', topic)),
    }),
  )
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'],
      resources: groups.map((group) => partOfCluster(broker.clusterArn, 'group', group)),
    }),
  )
}

/** Whose role can be given rights: a function, listening or not. */
export type Appending = Pick<LambdaFunction, 'addToRolePolicy'>

/** Lets a function append to topics. */
export function grantWriting(lambda: Appending, broker: Broker, topics: readonly string[]): void {
  if (broker.kind !== 'msk') return
  grantCluster(lambda, broker.clusterArn)
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
      resources: topics.map((topic) => partOfCluster(broker.clusterArn, 'topic', topic)),
    }),
  )
}

/**
 * Lets a function make topics what the manifest says: these, and no others. Without the right to
 * describe the cluster it could not know how many replicas there can be.
 */
export function grantTopicAdministration(
  lambda: LambdaFunction,
  broker: Broker,
  topics: readonly string[],
): void {
  if (broker.kind !== 'msk') return
  grantCluster(lambda, broker.clusterArn)
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: ['kafka-cluster:DescribeCluster'],
      resources: [broker.clusterArn],
    }),
  )
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: [
        'kafka-cluster:CreateTopic',
        'kafka-cluster:DescribeTopic',
        'kafka-cluster:AlterTopic',
        'kafka-cluster:DescribeTopicDynamicConfiguration',
        'kafka-cluster:AlterTopicDynamicConfiguration',
      ],
      resources: topics.map((topic) => partOfCluster(broker.clusterArn, 'topic', topic)),
    }),
  )
}

/** Lets a function see how far groups are behind, and read nothing. */
export function grantLagReading(
  lambda: LambdaFunction,
  broker: Broker,
  topics: readonly string[],
  groups: readonly string[],
): void {
  if (broker.kind !== 'msk') return
  grantCluster(lambda, broker.clusterArn)
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: ['kafka-cluster:DescribeTopic'],
      resources: topics.map((topic) => partOfCluster(broker.clusterArn, 'topic', topic)),
    }),
  )
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: ['kafka-cluster:DescribeGroup'],
      resources: groups.map((group) => partOfCluster(broker.clusterArn, 'group', group)),
    }),
  )
}

function grantCluster(lambda: Appending, clusterArn: string): void {
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: ['kafka-cluster:Connect', 'kafka-cluster:DescribeClusterDynamicConfiguration'],
      resources: [clusterArn],
    }),
  )
}

/** `arn:aws:kafka:region:account:cluster/name/uuid` becomes `...:topic/name/uuid/<topic>`. */
function partOfCluster(clusterArn: string, kind: 'topic' | 'group', name: string): string {
  const [before = '', after = ''] = Fn.split(':cluster/', clusterArn, 2)
  return `${before}:${kind}/${after}/${name}`
}

import { Fn } from 'aws-cdk-lib'
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Broker } from '../surroundings.ts'

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
  // The network interfaces and cluster look-ups of Lambda's pollers.
  lambda.role?.addManagedPolicy(
    ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaMSKExecutionRole'),
  )
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

/** Lets a function append to topics. */
export function grantWriting(
  lambda: LambdaFunction,
  broker: Broker,
  topics: readonly string[],
): void {
  if (broker.kind !== 'msk') return
  grantCluster(lambda, broker.clusterArn)
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
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

function grantCluster(lambda: LambdaFunction, clusterArn: string): void {
  lambda.addToRolePolicy(
    new PolicyStatement({
      actions: ['kafka-cluster:Connect', 'kafka-cluster:DescribeClusterDynamicConfiguration'],
      resources: [clusterArn],
    }),
  )
}

/** `arn:aws:kafka:region:account:cluster/name/uuid` becomes `...:topic/name/uuid/<topic>`. */
function partOfCluster(clusterArn: string, kind: 'topic' | 'group', name: string): string {
  const around = Fn.split(':cluster/', clusterArn, 2)
  return Fn.join('', [Fn.select(0, around), `:${kind}/`, Fn.select(1, around), `/${name}`])
}

import { Fn, type Stack } from 'aws-cdk-lib'
import { StringListParameter, StringParameter } from 'aws-cdk-lib/aws-ssm'

/** Where stacks leave values for each other, in Parameter Store. */
const PREFIX = '/omninode-bridge'

/**
 * What is handed from stack to stack. A parameter can change without the stacks that read it being in
 * the way, as they would be of an export; they take the new value with their next deployment.
 */
export type ParameterName =
  | 'vpc-id'
  | 'subnet-ids'
  | `security-group/${SecurityGroupName}`
  | 'event-log-url'
  | 'broker-cluster-arn'
  | 'database-url'
  | 'database-reader-url'
  | 'database-admin-url'
  | 'database-admin-secret-arn'
  | 'database-resource-id'
  | 'source-secrets-key-arn'
  | 'secrets-encryption-key-arn'
  | 'discovery-url'
  | 'consul-url'
  | 'consul-token-secret-arn'
  | 'consul-ca-secret-arn'
  | 'consul-encryption-key-arn'

export type SecurityGroupName =
  | 'functions'
  | 'upstreams'
  | 'brokers'
  | 'database'
  | 'consul'
  | 'consul-files'

const pathOf = (name: ParameterName) => `${PREFIX}/${name}`

/** Leaves a value for other stacks. */
export function leave(stack: Stack, name: ParameterName, value: string, description: string): void {
  new StringParameter(stack, `Parameter-${name}`, {
    parameterName: pathOf(name),
    stringValue: value,
    description,
  })
}

/** Leaves a list for other stacks. */
export function leaveList(
  stack: Stack,
  name: ParameterName,
  values: readonly string[],
  description: string,
): void {
  new StringListParameter(stack, `Parameter-${name}`, {
    parameterName: pathOf(name),
    stringListValue: [...values],
    description,
  })
}

/** What another stack left, as CloudFormation finds it when it deploys. */
export function left(stack: Stack, name: ParameterName): string {
  return StringParameter.valueForStringParameter(stack, pathOf(name))
}

/** A list that another stack left, whose length is known beforehand. */
export function leftList(stack: Stack, name: ParameterName, length: number): readonly string[] {
  const values = StringListParameter.valueForTypedListParameter(stack, pathOf(name))
  return Array.from({ length }, (_, index) => Fn.select(index, values))
}

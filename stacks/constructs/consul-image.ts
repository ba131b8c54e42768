import { Annotations, Stack, Validations } from 'aws-cdk-lib'
import { Repository } from 'aws-cdk-lib/aws-ecr'
import type { ContainerDefinition, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs'

/** `account.dkr.ecr.region.amazonaws.com/name:tag`, or `@digest` instead of the tag. */
const PRIVATE_IMAGE = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.[^/]+\/([^:@]+)/

/** Lets whoever starts the task pull the image, where it lies in an account's own registry. */
export function grantPull(
  task: FargateTaskDefinition,
  container: ContainerDefinition,
  image: string,
): void {
  const [, account, region, repositoryName] = PRIVATE_IMAGE.exec(image) ?? []
  if (!account || !region || !repositoryName) return
  const repositoryArn = Stack.of(task).formatArn({
    service: 'ecr',
    account,
    region,
    resource: 'repository',
    resourceName: repositoryName,
  })
  const role = task.obtainExecutionRole()
  Repository.fromRepositoryAttributes(task, 'Repository', {
    repositoryArn,
    repositoryName,
  }).grantPull(role)
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'A token for the registry is for all of it: ecr:GetAuthorizationToken knows no resources.',
  })
  Annotations.of(container).acknowledgeWarning(
    '@aws-cdk/aws-ecs:ecrImageRequiresPolicy',
    'The rights are granted to the execution role here.',
  )
}

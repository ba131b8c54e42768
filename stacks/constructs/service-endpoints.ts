import {
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  type SecurityGroup,
  type Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { isPrivateImage, type Settings } from '../settings.ts'

type Service = Readonly<{
  name: string
  service: InterfaceVpcEndpointAwsService
  /** Who calls it; without a caller there is no endpoint, since each is billed by the hour. */
  neededFor: string | false
}>

/**
 * Ways from the private subnets to AWS services. Logs and traces of functions need none: Lambda carries
 * them outside of the VPC. Tokens for IAM authentication are signed where they are used.
 */
export function addServiceEndpoints(
  vpc: Vpc,
  securityGroup: SecurityGroup | undefined,
  settings: Settings,
): void {
  // Costs nothing; carries the access snapshot.
  vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 })
  if (!securityGroup) return
  for (const { name, service, neededFor } of services(settings)) {
    if (!neededFor) continue
    const endpoint = vpc.addInterfaceEndpoint(name, {
      service,
      securityGroups: [securityGroup],
      open: false,
      privateDnsEnabled: true,
    })
    endpoint.node.addMetadata('neededFor', neededFor)
  }
}

function services({ broker, pollers, consul, consulImage, tracing }: Settings): readonly Service[] {
  const { SECRETS_MANAGER, SQS, KAFKA, LAMBDA, STS, XRAY, ECR, ECR_DOCKER, CLOUDWATCH_LOGS } =
    InterfaceVpcEndpointAwsService
  const onDemand = pollers === 'on-demand' && 'pollers on demand'
  const container = consul === 'fargate'
  const pulled = container && isPrivateImage(consulImage) && "Consul's image"
  return [
    { name: 'SecretsManager', service: SECRETS_MANAGER, neededFor: 'secrets read at cold start' },
    { name: 'Sqs', service: SQS, neededFor: 'the spill' },
    { name: 'Kafka', service: KAFKA, neededFor: broker !== 'own' && 'finding the brokers' },
    { name: 'Lambda', service: LAMBDA, neededFor: onDemand },
    { name: 'Sts', service: STS, neededFor: onDemand },
    { name: 'XRay', service: XRAY, neededFor: tracing === 'otel' && 'the OpenTelemetry layer' },
    { name: 'Ecr', service: ECR, neededFor: pulled },
    { name: 'EcrDocker', service: ECR_DOCKER, neededFor: pulled },
    { name: 'Logs', service: CLOUDWATCH_LOGS, neededFor: container && "Consul's log" },
  ]
}

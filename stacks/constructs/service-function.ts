import { type CfnResource, type Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LayerVersion,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Bundles } from '../bundle.ts'
import type { Hosting, Surroundings } from '../surroundings.ts'
import { errorAlarm } from './error-alarm.ts'
import { keepFailedInvocations } from './failed-invocations.ts'

/** What every function is given from above. */
export type FunctionContext = Readonly<{ bundles: Bundles }>

type ServiceFunctionProps = FunctionContext &
  Readonly<{
    surroundings: Surroundings
    /** Folder name, and the name it is known by everywhere. */
    name: string
    /** What users notice when it fails; ends up in the alarm. */
    impact: string
    environment: Record<string, string>
    timeout: Duration
    /** MB; CPU grows with it, 1,769 MB are one vCPU. */
    memory?: number
    /** At most so many invocations at once. */
    reservedConcurrency?: number
    /** Module of the bundle that a place which can runs for long instead of the handler. */
    server?: string
    /** Called now and then: where functions are kept loaded, this one is loaded when it is called. */
    seldom?: boolean
  }>

const DEFAULT_MEMORY_MB = 512

/** Where the local runtime reads that a function can be run for long (local/template/functions.ts). */
const SERVER_METADATA = 'omninode:server'
/** And that one need not be loaded before it is called. */
const SELDOM_METADATA = 'omninode:seldom'

/** What the OpenTelemetry layer starts a function with. */
const OTEL_WRAPPER = '/opt/otel-instrument'

/**
 * A Lambda with the defaults of this system. Its role may write to its own log group and use what its
 * environment tells it of, and its network lets it get there; whatever it needs beyond that is granted
 * where it is needed.
 */
export class ServiceFunction extends Construct {
  readonly name: string
  readonly lambda: LambdaFunction
  readonly timeout: Duration
  readonly logGroup: LogGroup

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id)
    this.name = props.name
    this.timeout = props.timeout
    const { hosting } = props.surroundings
    const { network } = hosting
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: hosting.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${props.name} may do`,
    })
    this.logGroup.grantWrite(role)
    if (network) this.#letEnterNetwork(role)
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: props.name,
      description: `${Stack.of(this).stackName}: ${props.name}`,
      architecture: Architecture.ARM_64,
      runtime: Runtime.NODEJS_24_X,
      code: Code.fromAsset(props.bundles(props.name)),
      handler: 'index.handler',
      environment: { ...props.environment, ...environmentOf(hosting, props.environment) },
      timeout: props.timeout,
      memorySize: props.memory ?? DEFAULT_MEMORY_MB,
      loggingFormat: LoggingFormat.JSON,
      logGroup: this.logGroup,
      role,
      ...(hosting.tracing === 'off' ? {} : { tracing: Tracing.ACTIVE }),
      ...(hosting.otelLayer
        ? { layers: [LayerVersion.fromLayerVersionArn(this, 'Otel', hosting.otelLayer)] }
        : {}),
      ...(props.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: props.reservedConcurrency }),
      ...(network
        ? {
            vpc: network.vpc,
            vpcSubnets: network.subnets,
            securityGroups: securityGroupsOf(props.surroundings, props.environment),
          }
        : {}),
    })
    const resource = this.lambda.node.defaultChild as CfnResource
    if (props.server) resource.addMetadata(SERVER_METADATA, props.server)
    if (props.seldom) resource.addMetadata(SELDOM_METADATA, true)
    for (const statement of props.surroundings.access(props.environment)) {
      this.lambda.addToRolePolicy(statement)
    }
    if (hosting.tracing !== 'off') acknowledgeTracing(role)
    if (hosting.keepsFailedInvocations) keepFailedInvocations(this.lambda)
    errorAlarm(this, props.name, this.lambda, props.impact)
  }

  #letEnterNetwork(role: Role): void {
    role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName(NETWORK_POLICY))
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${NETWORK_POLICY}]`,
      reason:
        'Network interfaces of functions are made, found and removed by calls that can not be limited to some of them; AWS keeps this policy at what Lambda needs.',
    })
  }
}

function acknowledgeTracing(role: Role): void {
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'X-Ray takes traces of nothing in particular: its two actions know no resources.',
  })
}

const NETWORK_POLICY = 'service-role/AWSLambdaVPCAccessExecutionRole'

/** Where a function stands: who is told in which networks upstreams may stand has the way there. */
export function securityGroupsOf(
  { hosting, upstreamGroups }: Surroundings,
  environment: Readonly<Record<string, string>>,
): ISecurityGroup[] {
  const everywhere = hosting.network?.securityGroups ?? []
  return 'UPSTREAM_NETWORKS' in environment ? [...everywhere, ...upstreamGroups] : everywhere
}

/** What a place adds to a function's own variables. */
export function environmentOf(
  { databaseEnvironment, tracing }: Hosting,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const hasDatabase = Object.keys(own).some((name) => /^(DATABASE_.*|DISCOVERY_)URL$/.test(name))
  return {
    ...(hasDatabase ? databaseEnvironment : {}),
    ...(tracing === 'otel' ? { AWS_LAMBDA_EXEC_WRAPPER: OTEL_WRAPPER } : {}),
  }
}

import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Bundles } from '../bundle.ts'
import type { Network } from '../surroundings.ts'
import { errorAlarm } from './error-alarm.ts'

/** What every function is given from above. */
export type FunctionContext = Readonly<{
  bundles: Bundles
  /** Left out where everything a function calls is reachable from the outside. */
  network?: Network
}>

type ServiceFunctionProps = FunctionContext &
  Readonly<{
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
  }>

const DEFAULT_MEMORY_MB = 512

/**
 * A Lambda with the defaults of this system. Its role may write to its own log group and nothing
 * else; whatever it needs beyond that is granted where it is needed.
 */
export class ServiceFunction extends Construct {
  readonly name: string
  readonly lambda: LambdaFunction
  readonly timeout: Duration

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id)
    this.name = props.name
    this.timeout = props.timeout
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${props.name} may do`,
    })
    logGroup.grantWrite(role)
    if (props.network) role.addManagedPolicy(networkInterfacePolicy())
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: props.name,
      description: `${Stack.of(this).stackName}: ${props.name}`,
      architecture: Architecture.ARM_64,
      runtime: Runtime.NODEJS_24_X,
      code: Code.fromAsset(props.bundles(props.name)),
      handler: 'index.handler',
      environment: props.environment,
      timeout: props.timeout,
      memorySize: props.memory ?? DEFAULT_MEMORY_MB,
      loggingFormat: LoggingFormat.JSON,
      logGroup,
      role,
      ...(props.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: props.reservedConcurrency }),
      ...(props.network
        ? {
            vpc: props.network.vpc,
            vpcSubnets: props.network.subnets,
            securityGroups: props.network.securityGroups,
          }
        : {}),
    })
    errorAlarm(this, this.lambda, props.impact)
  }
}

function networkInterfacePolicy() {
  return ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaVPCAccessExecutionRole')
}

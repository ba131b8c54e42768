import {
  Annotations,
  type CfnElement,
  CfnOutput,
  Duration,
  RemovalPolicy,
  Stack,
  Validations,
} from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  NetworkConnector,
  NetworkConnectorComputeType,
  NetworkConnectorConfiguration,
  WebFunction,
  WebFunctionAuthType,
  WebFunctionCode,
  WebFunctionRuntime,
} from 'aws-cdk-lib/aws-lambda'
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Surroundings } from '../surroundings.ts'
import { alarm } from './alarm.ts'
import { environmentOf, type FunctionContext, securityGroupsOf } from './service-function.ts'

type ListeningFunctionProps = FunctionContext &
  Readonly<{
    surroundings: Surroundings
    /** Folder name of the function whose bundle has a `listen.mjs`. */
    name: string
    /** What users notice when it fails; ends up in the alarm. */
    impact: string
    environment: Record<string, string>
  }>

/** Requests at once in one environment, of two processors and 2 GB. */
const PER_ENVIRONMENT = 64
/** An answer may be streamed for so long; the function itself gives up on a silent upstream sooner. */
const TIMEOUT = Duration.minutes(15)
/** What the function says when it fails where only its own fault can be why. */
const FAULTS = ['function.threw', 'server.not-started']

/**
 * A function as a process that listens: a Lambda Web Function, with an address of its own beside the
 * API. It reaches private subnets through a network connector. AWS counts the answers of 500 to 599,
 * which are passed on from upstreams too: the alarm counts what it says about faults of its own.
 */
export class ListeningFunction extends Construct {
  readonly webFunction: WebFunction

  constructor(scope: Construct, id: string, props: ListeningFunctionProps) {
    super(scope, id)
    const { name, surroundings, environment } = props
    const { hosting } = surroundings
    const logGroup = new LogGroup(this, 'Logs', {
      retention: hosting.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${name} may do where it listens`,
    })
    logGroup.grantWrite(role)
    const connector = this.#connector(props)
    const code = this.#codeBucket()
    this.webFunction = new WebFunction(this, 'Function', {
      webFunctionName: name,
      revisionDescription: `${Stack.of(this).stackName}: ${name}`,
      code: WebFunctionCode.fromAssetToProvidedBucket(code, props.bundles(name), {
        copyOptions: { logGroup },
      }),
      runtime: WebFunctionRuntime.NODEJS_24_X,
      entryPoint: 'listen.mjs',
      role,
      ...(connector ? { egressNetworkConnector: connector } : {}),
      environment: { ...environment, ...environmentOf(hosting, environment) },
      logGroup,
      timeout: TIMEOUT,
      maxConcurrencyPerEnvironment: PER_ENVIRONMENT,
      defaultEndpointAuth: WebFunctionAuthType.APPLICATION_MANAGED,
    })
    Annotations.of(this.webFunction).acknowledgeWarning(
      '@aws-cdk/aws-lambda:webFunctionPublicEndpoint',
      'The function itself finds out and decides who calls.',
    )
    for (const statement of surroundings.access(environment)) {
      this.webFunction.addToRolePolicy(statement)
    }
    acknowledgeCopying(this, code)
    this.#watch(props, logGroup)
    new CfnOutput(this, 'Address', {
      value: `https://${this.webFunction.endpoint.domainName}/`,
      description: `Where ${name} listens`,
    })
  }

  #connector({ surroundings, environment }: ListeningFunctionProps) {
    const { network } = surroundings.hosting
    if (!network) return undefined
    const connector = new NetworkConnector(this, 'Network', {
      configuration: NetworkConnectorConfiguration.vpcEgress({
        computeType: NetworkConnectorComputeType.WEB_FUNCTION,
        vpc: network.vpc,
        vpcSubnets: network.subnets,
        securityGroups: securityGroupsOf(surroundings, environment),
      }),
    })
    Validations.of(connector).acknowledge({
      id: `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${OPERATOR_POLICY}]`,
      reason:
        'Network interfaces are made, found and removed by calls that can not be limited to some of them; AWS keeps this policy at what a network connector needs.',
    })
    return connector
  }

  /** Lambda reads the code from here at every start of an environment, so its versions are kept. */
  #codeBucket(): IBucket {
    const bucket = new Bucket(this, 'Code', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(7) }],
      removalPolicy: RemovalPolicy.DESTROY,
    })
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'It holds code, which Lambda alone reads; CloudTrail tells who else would.',
    })
    // As an interface: the class differs from it by optional properties that may be undefined.
    return bucket as IBucket
  }

  #watch({ name, impact }: ListeningFunctionProps, logGroup: LogGroup): void {
    const faults = new MetricFilter(this, 'Faults', {
      logGroup,
      filterPattern: FilterPattern.anyTerm(...FAULTS),
      metricNamespace: 'OmniNodeBridge',
      metricName: `${name}-listening-faults`,
    })
    const metric = faults.metric({ period: Duration.minutes(1), statistic: 'Sum' })
    alarm(this, { name: `${name}-listening-errors`, impact, metric, threshold: 1 })
  }
}

/** CDK brings the code there by a function of its own, which CloudFormation calls while it deploys. */
function acknowledgeCopying(scope: Construct, code: IBucket): void {
  const stack = Stack.of(scope)
  const copier = stack.node.children.find(({ node }) => node.id.startsWith('Custom::S3ObjectCopy'))
  if (!copier) throw new Error('CDK copies the code by other means than before')
  const bucket = stack.getLogicalId(code.node.defaultChild as CfnElement)
  const assets = 'cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>'
  const reason =
    "CDK's own function, which copies the code while CloudFormation waits for its answer, from the bucket of assets to one folder of this one."
  Validations.of(copier).acknowledge(
    ...[
      `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]`,
      `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::${assets}/*]`,
      `AwsSolutions-IAM5[Resource::<${bucket}.Arn>/web-function/*]`,
      'AwsSolutions-IAM5[Action::s3:Abort*]',
      'AwsSolutions-IAM5[Action::s3:DeleteObject*]',
      'Serverless-LambdaDefaultMemorySize',
      'Serverless-LambdaDLQ',
      'Serverless-LambdaTracing',
    ].map((id) => ({ id, reason })),
  )
}

const OPERATOR_POLICY = 'AWSLambdaNetworkConnectorOperatorPolicy'

import { type App, Fn, RemovalPolicy } from 'aws-cdk-lib'
import {
  FlowLogDestination,
  FlowLogTrafficType,
  IpAddresses,
  type IVpc,
  type SubnetConfiguration,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import { SecurityGroups } from './constructs/security-groups.ts'
import { addServiceEndpoints } from './constructs/service-endpoints.ts'
import { leave, leaveList, type SecurityGroupName } from './parameters.ts'
import { type Settings, zoneCount } from './settings.ts'

/** 4,091 addresses in each private subnet: every function and poller that scales out takes some. */
const PRIVATE_MASK = 20
/** A NAT gateway and nothing else. */
const PUBLIC_MASK = 28

/** Private subnets, the services reachable from them, and who may speak to whom. */
export class NetworkStack extends BridgeStack {
  readonly #settings: Settings

  constructor(app: App, context: StageContext) {
    super(app, 'network', context, 'private subnets and who may speak to whom')
    const { settings } = context
    this.#settings = settings
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(settings.vpcCidr),
      availabilityZones: [...this.availabilityZones],
      natGateways: { none: 0, one: 1, 'each-zone': zoneCount(settings) }[settings.nat],
      subnetConfiguration: subnets(settings),
      // It would take a custom resource. Nothing stands in the default group.
      restrictDefaultSecurityGroup: false,
    })
    this.#logFlows(vpc)
    // As an interface: the class differs from it by optional properties that may be undefined.
    const { groups, endpoints } = new SecurityGroups(this, 'SecurityGroups', vpc as IVpc, settings)
    addServiceEndpoints(vpc, endpoints, settings)

    leave(this, 'vpc-id', vpc.vpcId, 'The VPC of the bridge')
    const privateSubnets = [...vpc.isolatedSubnets, ...vpc.privateSubnets]
    const ids = privateSubnets.map(({ subnetId }) => subnetId)
    leaveList(this, 'subnet-ids', ids, 'Where functions, brokers and database stand')
    for (const [name, group] of Object.entries(groups)) {
      const parameter = `security-group/${name as SecurityGroupName}` as const
      leave(this, parameter, group.securityGroupId, `Security group: ${name}`)
    }
  }

  /** The region's first zones, found when it is deployed, unless they are named. */
  override get availabilityZones(): string[] {
    if (this.#settings.zoneNames) return [...this.#settings.zoneNames]
    const zones = Fn.getAzs()
    return Array.from({ length: zoneCount(this.#settings) }, (_, index) => Fn.select(index, zones))
  }

  #logFlows(vpc: Vpc): void {
    const { flowLogs, logDays } = this.#settings
    const logGroup = new LogGroup(this, 'Flows', {
      retention: logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(logGroup),
      trafficType: flowLogs === 'all' ? FlowLogTrafficType.ALL : FlowLogTrafficType.REJECT,
    })
  }
}

/** Private ones first, so that they keep their addresses when a NAT gateway comes or goes. */
function subnets({ nat }: Settings): SubnetConfiguration[] {
  const name = 'private'
  if (nat === 'none') {
    return [{ name, subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: PRIVATE_MASK }]
  }
  return [
    { name, subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: PRIVATE_MASK },
    {
      name: 'public',
      subnetType: SubnetType.PUBLIC,
      cidrMask: PUBLIC_MASK,
      mapPublicIpOnLaunch: false,
    },
  ]
}

import { topics } from '#shared/domain/topics.ts'
import { HOURS } from './prices.ts'

// biome-ignore lint/suspicious/noExplicitAny: a template is data; each reader says what it looks for
type Properties = Record<string, any>

/** MSK developer guide, "PER_BROKER level monitoring for Express brokers". */
const METRICS_PER_BROKER = 34

/** A resource as a template has it. */
export type TemplateResource = Readonly<{ Type: string; Properties?: Properties }>

export type FunctionSize = Readonly<{ name: string; memoryMb: number }>

/** What a stage's templates make that costs money. */
export type Inventory = Readonly<{
  functions: readonly FunctionSize[]
  /** Mappings of the log to functions; each has one topic. */
  mappings: readonly Mapping[]
  /** Groups of pollers that share units, by how many of them always run. */
  pollerGroups: ReadonlyMap<string, number>
  broker: 'serverless' | 'express' | 'elsewhere'
  expressBrokers: number
  /** Metrics of brokers that are billed. */
  brokerMetrics: number
  /** Partitions of all topics, dead letters included: the manifest's, since no template has them. */
  partitions: number
  /** ACUs that always run, over all instances. */
  floorAcu: number
  /** Interface endpoints times the zones each stands in. */
  endpointZones: number
  natGateways: number
  fargateTasks: number
  alarmMetrics: number
  compositeAlarms: number
  dashboards: number
  ownMetrics: number
  keys: number
  secrets: number
  /** Mappings of queues to functions, each of which Lambda asks again and again. */
  queueMappings: number
  firewallRules: number
  firewalls: number
  tracedFunctions: number
}>

export type Mapping = Readonly<{ functionId: string; topic: string; batchSize: number }>

/** Counts what costs money in a stage's templates. */
export function takeInventory(resources: readonly TemplateResource[]): Inventory {
  const ofType = (type: string) =>
    resources.filter((one) => one.Type === type).map((one) => one.Properties ?? {})
  const count = (type: string) => ofType(type).length
  const functions = ofType('AWS::Lambda::Function')
  const mappings = ofType('AWS::Lambda::EventSourceMapping').filter(({ Topics }) => Topics)
  const endpoints = ofType('AWS::EC2::VPCEndpoint').filter(
    ({ VpcEndpointType }) => VpcEndpointType === 'Interface',
  )
  const [cluster] = ofType('AWS::RDS::DBCluster')
  const [express] = ofType('AWS::MSK::Cluster')
  const serverless = count('AWS::MSK::ServerlessCluster') > 0
  const alarms = ofType('AWS::CloudWatch::Alarm')
  const firewalls = ofType('AWS::WAFv2::WebACL')
  return {
    functions: functions.map(({ FunctionName, MemorySize }) => ({
      name: String(FunctionName),
      memoryMb: Number(MemorySize),
    })),
    mappings: mappings.map(({ FunctionName, Topics, BatchSize }) => ({
      functionId: JSON.stringify(FunctionName),
      topic: String(Topics[0]),
      batchSize: Number(BatchSize),
    })),
    pollerGroups: pollerGroups(mappings),
    broker: express ? 'express' : serverless ? 'serverless' : 'elsewhere',
    partitions: topics.reduce((sum, { partitions }) => sum + partitions, 0),
    expressBrokers: Number(express?.NumberOfBrokerNodes ?? 0),
    brokerMetrics:
      express?.EnhancedMonitoring === 'PER_BROKER'
        ? METRICS_PER_BROKER * Number(express.NumberOfBrokerNodes)
        : 0,
    floorAcu:
      Number(cluster?.ServerlessV2ScalingConfiguration?.MinCapacity ?? 0) *
      count('AWS::RDS::DBInstance'),
    endpointZones: endpoints.reduce((sum, { SubnetIds }) => sum + (SubnetIds?.length ?? 1), 0),
    natGateways: count('AWS::EC2::NatGateway'),
    fargateTasks: ofType('AWS::ECS::Service').reduce(
      (sum, { DesiredCount }) => sum + Number(DesiredCount ?? 1),
      0,
    ),
    alarmMetrics: alarms.reduce((sum, alarm) => sum + metricsOf(alarm), 0),
    compositeAlarms: count('AWS::CloudWatch::CompositeAlarm'),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    ownMetrics: count('AWS::Logs::MetricFilter'),
    keys: count('AWS::KMS::Key'),
    secrets: count('AWS::SecretsManager::Secret') + (cluster?.ManageMasterUserPassword ? 1 : 0),
    queueMappings: count('AWS::Lambda::EventSourceMapping') - mappings.length,
    firewalls: firewalls.length,
    firewallRules: firewalls.reduce((sum, { Rules }) => sum + (Rules?.length ?? 0), 0),
    tracedFunctions: functions.filter(({ TracingConfig }) => TracingConfig?.Mode === 'Active')
      .length,
  }
}

/** Mappings without a named group have a unit each. */
function pollerGroups(mappings: readonly Properties[]): ReadonlyMap<string, number> {
  const groups = new Map<string, number>()
  for (const [index, { ProvisionedPollerConfig: pollers }] of mappings.entries()) {
    if (!pollers) continue
    const group = String(pollers.PollerGroupName ?? `alone-${index}`)
    groups.set(group, (groups.get(group) ?? 0) + Number(pollers.MinimumPollers ?? 1))
  }
  return groups
}

/** A metric alarm is billed by the metrics that it reads. */
function metricsOf({ Metrics }: Properties): number {
  if (!Metrics) return 1
  return Math.max(1, Metrics.filter((one: Properties) => one.MetricStat).length)
}

/** Hours of a month for so many of something. */
export const hoursOf = (count: number): number => count * HOURS

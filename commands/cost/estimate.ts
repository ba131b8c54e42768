import type { Inventory } from './inventory.ts'
import { hoursOf } from './inventory.ts'
import { type Grade, HOURS, type PriceName, prices } from './prices.ts'

/** What comes in, and how. */
export type Traffic = Readonly<{
  hooksPerDay: number
  /** Hooks that come in one request. */
  hooksPerRequest: number
  /** Bytes of an event on the log, headers included. */
  bytesPerHook: number
}>

/** One line of the bill. */
export type Line = Readonly<{
  part: string
  what: string
  /** `floor` is paid without any hook. */
  kind: 'floor' | 'use'
  quantity: number
  unit: string
  usd: number
  grade: Grade
  source: string
}>

/** What the estimate takes for granted; printed with it. */
export const assumptions = {
  daysPerMonth: 30.4,
  hookReceiverMs: 10,
  consumerMsPerBatch: 60,
  /** A record waits so long for others when pollers ask without a window. */
  batchWaitS: 0.1,
  housekeepingMs: 200,
  logBytesPerRequest: 1_200,
  logBytesPerInvocation: 900,
  logRetentionDays: 7,
  /** X-Ray keeps the first request of each second and 5 % of the others. */
  tracedShare: 0.05,
  rowsBytesPerHook: 3_000,
  databaseIoPerHook: 2,
  /** Lambda's five pollers of a queue ask every 20 s. */
  queueRequestsPerMonth: 5 * 3 * 60 * HOURS,
  pollersPerUnit: 10,
} as const

const MILLION = 1e6
const GB = 1e9

/** A monthly bill of a stage under some traffic, line by line. */
export function estimate(inventory: Inventory, traffic: Traffic): readonly Line[] {
  const hooks = traffic.hooksPerDay * assumptions.daysPerMonth
  const requests = hooks / traffic.hooksPerRequest
  return [
    ...frontDoorLines(inventory, requests),
    ...functionLines(inventory, traffic, hooks, requests),
    ...brokerLines(inventory, hooks, traffic),
    ...databaseLines(inventory, hooks),
    ...networkLines(inventory),
    ...operationsLines(inventory, requests, invocationsOf(inventory, traffic, hooks)),
  ].filter(({ quantity }) => quantity > 0)
}

function frontDoorLines({ firewalls, firewallRules }: Inventory, requests: number) {
  const filtered = firewalls > 0 ? requests : 0
  return [
    line('front door', 'requests', 'use', requests / MILLION, 'apiRequests'),
    line('front door', 'firewall', 'floor', firewalls, 'firewall'),
    line('front door', 'firewall rules', 'floor', firewallRules, 'firewallRule'),
    line('front door', 'firewall requests', 'use', filtered / MILLION, 'firewallRequests'),
  ]
}

function functionLines(inventory: Inventory, traffic: Traffic, hooks: number, requests: number) {
  const memory = (name: string) =>
    (inventory.functions.find((one) => one.name === name)?.memoryMb ?? 0) / 1_024
  const ticks = memory('housekeeping') > 0 ? hoursOf(60) : 0
  const consumed = invocationsOf(inventory, traffic, hooks)
  const consumers = [...new Set(inventory.mappings.map(({ functionId }) => functionId))]
  const units = [...inventory.pollerGroups.values()].reduce(
    (sum, pollers) => sum + Math.ceil(pollers / assumptions.pollersPerUnit),
    0,
  )
  const intakeS = (requests * assumptions.hookReceiverMs * memory('hook-receiver')) / 1_000
  const consumerS = (consumed * assumptions.consumerMsPerBatch * memory('event-recorder')) / 1_000
  const ticksS = (ticks * assumptions.housekeepingMs * memory('housekeeping')) / 1_000
  return [
    line('functions', 'invocations', 'use', (requests + consumed) / MILLION, 'lambdaRequests'),
    line('functions', 'housekeeping, invocations', 'floor', ticks / MILLION, 'lambdaRequests'),
    line('functions', 'hook-receiver, compute', 'use', intakeS / MILLION, 'lambdaCompute'),
    line(
      'functions',
      `${consumers.length} consumers, compute`,
      'use',
      consumerS / MILLION,
      'lambdaCompute',
    ),
    line('functions', 'housekeeping, compute', 'floor', ticksS / MILLION, 'lambdaCompute'),
    line('functions', 'poller units', 'floor', hoursOf(units), 'pollerUnit'),
  ]
}

/** How often consumers run: every record reaches each, in batches as full as they get in a moment. */
function invocationsOf({ mappings }: Inventory, { hooksPerDay }: Traffic, hooks: number): number {
  const consumers = new Set(mappings.map(({ functionId }) => functionId)).size
  const largest = Math.max(1, ...mappings.map(({ batchSize }) => batchSize))
  const atOnce = (hooksPerDay / 86_400) * assumptions.batchWaitS
  return (hooks / Math.min(largest, Math.max(1, atOnce))) * consumers
}

function brokerLines(inventory: Inventory, hooks: number, { bytesPerHook }: Traffic) {
  const gbIn = (hooks * bytesPerHook) / GB
  const consumers = new Set(inventory.mappings.map(({ functionId }) => functionId)).size
  const kept = (gbIn * assumptions.logRetentionDays) / assumptions.daysPerMonth
  if (inventory.broker === 'serverless') {
    return [
      line('event log', 'MSK Serverless', 'floor', HOURS, 'mskServerless'),
      line(
        'event log',
        'partitions',
        'floor',
        hoursOf(inventory.partitions),
        'mskServerlessPartition',
      ),
      line('event log', 'written', 'use', gbIn, 'mskServerlessIn'),
      line('event log', 'read', 'use', gbIn * consumers, 'mskServerlessOut'),
      line('event log', 'kept', 'use', kept, 'mskServerlessStorage'),
    ]
  }
  if (inventory.broker === 'elsewhere') return []
  const brokers = hoursOf(inventory.expressBrokers)
  return [
    line('event log', 'MSK Express brokers', 'floor', brokers, 'mskExpressBroker'),
    line('event log', 'metrics of brokers', 'floor', inventory.brokerMetrics, 'ownMetric'),
    line('event log', 'written', 'use', gbIn, 'mskExpressIn'),
    line('event log', 'kept', 'use', kept, 'mskExpressStorage'),
  ]
}

function databaseLines({ floorAcu }: Inventory, hooks: number) {
  const rows = (hooks * assumptions.rowsBytesPerHook) / GB
  const io = (hooks * assumptions.databaseIoPerHook) / MILLION
  const there = floorAcu > 0 ? 1 : 0
  return [
    line('database', 'capacity, at its least', 'floor', hoursOf(floorAcu), 'auroraCapacity'),
    line('database', "one month's rows", 'use', rows * there, 'auroraStorage'),
    line('database', 'I/O', 'use', io * there, 'auroraIo'),
  ]
}

function networkLines({ endpointZones, natGateways, fargateTasks }: Inventory) {
  return [
    line('network', 'interface endpoints', 'floor', hoursOf(endpointZones), 'interfaceEndpoint'),
    line('network', 'NAT gateways', 'floor', hoursOf(natGateways), 'natGateway'),
    line('discovery', 'Fargate tasks', 'floor', hoursOf(fargateTasks), 'fargateTask'),
  ]
}

function operationsLines(inventory: Inventory, requests: number, consumed: number) {
  const { logBytesPerRequest, logBytesPerInvocation, tracedShare } = assumptions
  const logged = (requests * logBytesPerRequest + consumed * logBytesPerInvocation) / GB
  const traced = inventory.tracedFunctions > 0 ? requests * tracedShare : 0
  const asked = inventory.queueMappings * assumptions.queueRequestsPerMonth
  return [
    line('operations', 'log lines', 'use', logged, 'logs'),
    line('operations', 'traces', 'use', traced / MILLION, 'traces'),
    line('operations', 'alarm metrics', 'floor', inventory.alarmMetrics, 'alarmMetric'),
    line('operations', 'composite alarms', 'floor', inventory.compositeAlarms, 'compositeAlarm'),
    line('operations', 'dashboards', 'floor', inventory.dashboards, 'dashboard'),
    line('operations', 'metrics from logs', 'floor', inventory.ownMetrics, 'ownMetric'),
    line('operations', 'encryption keys', 'floor', inventory.keys, 'key'),
    line('operations', 'secrets', 'floor', inventory.secrets, 'secret'),
    line('operations', 'asking the spill queue', 'floor', asked / MILLION, 'queueRequests'),
  ]
}

function line(part: string, what: string, kind: Line['kind'], quantity: number, name: PriceName) {
  const { usd, unit, grade, source } = prices[name]
  return { part, what, kind, quantity, unit, usd: quantity * usd, grade, source } satisfies Line
}

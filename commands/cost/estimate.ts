import type { Inventory, Mapping } from './inventory.ts'
import { hoursOf } from './inventory.ts'
import { type Grade, HOURS, type PriceName, prices } from './prices.ts'

/** What comes in, and how. */
export type Traffic = Readonly<{
  hooksPerDay: number
  /** Hooks that come in one request. */
  hooksPerRequest: number
  /** Bytes of an event on the log, headers included. */
  bytesPerHook: number
  /** Calls of services through the API. */
  callsPerDay: number
  /** ms that one takes, its upstream included. */
  msPerCall: number
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
  /** A run of service-watcher, called every minute: it watches until its time is nearly over. */
  watcherMs: 124_000,
  /** The catalog is confirmed every 5 s. */
  catalogWritesPerMonth: HOURS * 720,
  /** An environment that is never idle looks every 500 ms; others look when they are called. */
  catalogReadsPerMonth: HOURS * 7_200,
  bytesPerCall: 2_000,
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
  const load = loadOf(inventory, traffic)
  return [
    ...frontDoorLines(inventory, load.requests + load.calls),
    ...functionLines(inventory, load, traffic),
    ...brokerLines(inventory, load, traffic),
    ...databaseLines(inventory, load.hooks + load.calls),
    ...networkLines(inventory),
    ...catalogLines(inventory),
    ...operationsLines(inventory, load.requests + load.calls, load.consumed),
  ].filter(({ quantity }) => quantity > 0)
}

/** What a month brings. */
type Load = Readonly<{
  hooks: number
  /** Requests that bring hooks. */
  requests: number
  calls: number
  /** Who reads hooks, and who reads calls. */
  hookReaders: number
  callReaders: number
  /** How often consumers run. */
  consumed: number
}>

function loadOf({ mappings }: Inventory, traffic: Traffic): Load {
  const { hooksPerDay, hooksPerRequest, callsPerDay } = traffic
  const hooks = hooksPerDay * assumptions.daysPerMonth
  const calls = callsPerDay * assumptions.daysPerMonth
  const ofCalls = mappings.filter(({ topic }) => topic === 'tools.calls')
  const ofHooks = mappings.filter(({ topic }) => topic.startsWith('hooks.'))
  return {
    ...{ hooks, calls, requests: hooks / hooksPerRequest },
    hookReaders: readersOf(ofHooks),
    callReaders: readersOf(ofCalls),
    consumed: invocationsOf(ofHooks, hooksPerDay) + invocationsOf(ofCalls, callsPerDay),
  }
}

const readersOf = (mappings: readonly Mapping[]): number =>
  new Set(mappings.map(({ functionId }) => functionId)).size

function frontDoorLines({ firewalls, firewallRules }: Inventory, requests: number) {
  const filtered = firewalls > 0 ? requests : 0
  return [
    line('front door', 'requests', 'use', requests / MILLION, 'apiRequests'),
    line('front door', 'firewall', 'floor', firewalls, 'firewall'),
    line('front door', 'firewall rules', 'floor', firewallRules, 'firewallRule'),
    line('front door', 'firewall requests', 'use', filtered / MILLION, 'firewallRequests'),
  ]
}

function functionLines(
  { functions, mappings, pollerGroups }: Inventory,
  load: Load,
  traffic: Traffic,
) {
  const { requests, calls, consumed } = load
  const memory = (name: string) =>
    (functions.find((one) => one.name === name)?.memoryMb ?? 0) / 1_024
  const compute = (name: string, times: number, ms: number) =>
    (times * ms * memory(name)) / 1_000 / MILLION
  const minutes = hoursOf(60)
  const scheduled = [
    { name: 'housekeeping', ms: assumptions.housekeepingMs },
    { name: 'traffic-learner', ms: assumptions.housekeepingMs },
    { name: 'service-watcher', ms: assumptions.watcherMs },
  ].filter(({ name }) => memory(name) > 0)
  const units = [...pollerGroups.values()].reduce(
    (sum, pollers) => sum + Math.ceil(pollers / assumptions.pollersPerUnit),
    0,
  )
  const invoked = (requests + calls + consumed) / MILLION
  const ticks = (minutes * scheduled.length) / MILLION
  const intake = compute('hook-receiver', requests, assumptions.hookReceiverMs)
  const proxied = compute('tool-proxy', calls, traffic.msPerCall)
  const reading = compute('event-recorder', consumed, assumptions.consumerMsPerBatch)
  const consumers = `${readersOf(mappings)} consumers, compute`
  return [
    line('functions', 'invocations', 'use', invoked, 'lambdaRequests'),
    line('functions', 'by the clock, invocations', 'floor', ticks, 'lambdaRequests'),
    line('functions', 'hook-receiver, compute', 'use', intake, 'lambdaCompute'),
    line('functions', 'tool-proxy, compute', 'use', proxied, 'lambdaCompute'),
    line('functions', consumers, 'use', reading, 'lambdaCompute'),
    ...scheduled.map(({ name, ms }) =>
      line(
        'functions',
        `${name} by the clock, compute`,
        'floor',
        compute(name, minutes, ms),
        'lambdaCompute',
      ),
    ),
    line('functions', 'poller units', 'floor', hoursOf(units), 'pollerUnit'),
  ]
}

/** How often consumers run: every record reaches each, in batches as full as they get in a moment. */
function invocationsOf(mappings: readonly Mapping[], perDay: number): number {
  const atOnce = (perDay / 86_400) * assumptions.batchWaitS
  const largest = new Map(mappings.map(({ functionId, batchSize }) => [functionId, batchSize]))
  return [...largest.values()].reduce(
    (sum, batch) =>
      sum + (perDay * assumptions.daysPerMonth) / Math.min(batch, Math.max(1, atOnce)),
    0,
  )
}

function brokerLines(inventory: Inventory, load: Load, { bytesPerHook }: Traffic) {
  const hooksGb = (load.hooks * bytesPerHook) / GB
  const callsGb = (load.calls * assumptions.bytesPerCall) / GB
  const gbIn = hooksGb + callsGb
  const gbOut = hooksGb * load.hookReaders + callsGb * load.callReaders
  const kept = (gbIn * assumptions.logRetentionDays) / assumptions.daysPerMonth
  if (inventory.broker === 'serverless') {
    const partitions = hoursOf(inventory.partitions)
    return [
      line('event log', 'MSK Serverless', 'floor', HOURS, 'mskServerless'),
      line('event log', 'partitions', 'floor', partitions, 'mskServerlessPartition'),
      line('event log', 'written', 'use', gbIn, 'mskServerlessIn'),
      line('event log', 'read', 'use', gbOut, 'mskServerlessOut'),
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

function databaseLines({ floorAcu }: Inventory, events: number) {
  const rows = (events * assumptions.rowsBytesPerHook) / GB
  const io = (events * assumptions.databaseIoPerHook) / MILLION
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

/** Written by service-watcher, read by whoever resolves. */
function catalogLines({ functions }: Inventory) {
  const there = functions.some(({ name }) => name === 'service-watcher') ? 1 / MILLION : 0
  const { catalogWritesPerMonth, catalogReadsPerMonth } = assumptions
  return [
    line('catalog', 'written', 'floor', catalogWritesPerMonth * there, 'objectWrites'),
    line(
      'catalog',
      'read, by one environment',
      'floor',
      catalogReadsPerMonth * there,
      'objectReads',
    ),
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

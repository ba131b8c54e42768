/**
 * How sure a price is: `published` stands in AWS's price tables or documentation, `secondary` was read
 * in an article with a date, `unchecked` is what is commonly said and was not looked up.
 */
export type Grade = 'published' | 'secondary' | 'unchecked'

export type Price = Readonly<{
  /** US dollars per unit, us-east-1, without free tiers. */
  usd: number
  unit: string
  grade: Grade
  source: string
}>

const published = 'AWS price tables and documentation, us-east-1, 2026-11'
const secondary = 'articles that quote AWS, 2026-06'
const unchecked = 'not looked up'

/** Hours of a month, as AWS reckons. */
export const HOURS = 730

const price = (usd: number, unit: string, grade: Grade, source?: string): Price => ({
  usd,
  unit,
  grade,
  source: source ?? { published, secondary, unchecked }[grade],
})

/** All prices there are; nothing else in the estimate is one. */
export const prices = {
  apiRequests: price(3.5, 'million requests', 'published'),
  lambdaRequests: price(0.2, 'million requests', 'published'),
  lambdaCompute: price(13.3334, 'million GB-seconds, arm64', 'published'),
  pollerUnit: price(0.185, 'unit-hour', 'published', 'AWS Lambda, provisioned pollers, 2026-11'),
  mskServerless: price(547.5 / HOURS, 'cluster-hour', 'published'),
  mskServerlessPartition: price(1.1 / HOURS, 'partition-hour', 'published'),
  mskServerlessIn: price(0.1, 'GB in', 'published'),
  mskServerlessOut: price(0.05, 'GB out', 'published'),
  mskServerlessStorage: price(0.1, 'GB-month', 'unchecked'),
  mskExpressBroker: price(894 / 3 / HOURS, 'express.m7g.large broker-hour', 'secondary'),
  mskExpressIn: price(0.01, 'GB in', 'published'),
  mskExpressStorage: price(0.1, 'GB-month', 'unchecked'),
  auroraCapacity: price(0.12, 'ACU-hour', 'published'),
  auroraStorage: price(0.1, 'GB-month', 'unchecked'),
  auroraIo: price(0.2, 'million I/O', 'unchecked'),
  interfaceEndpoint: price(0.01, 'endpoint-zone-hour', 'unchecked'),
  natGateway: price(33 / HOURS, 'gateway-hour', 'unchecked'),
  fargateTask: price(7 / HOURS, '0.25 vCPU, 0.5 GB arm64 task-hour', 'unchecked'),
  logs: price(0.5, 'GB written', 'secondary'),
  alarmMetric: price(0.1, 'alarm metric', 'unchecked'),
  compositeAlarm: price(0.5, 'composite alarm', 'unchecked'),
  dashboard: price(3, 'dashboard', 'secondary'),
  ownMetric: price(0.3, 'metric', 'secondary'),
  traces: price(5, 'million traces', 'unchecked'),
  key: price(1, 'key', 'secondary'),
  secret: price(0.4, 'secret', 'unchecked'),
  queueRequests: price(0.4, 'million requests', 'unchecked'),
  objectWrites: price(5, 'million PUT requests', 'unchecked'),
  objectReads: price(0.4, 'million GET requests', 'unchecked'),
  firewall: price(5, 'web ACL', 'unchecked'),
  firewallRule: price(1, 'rule', 'unchecked'),
  firewallRequests: price(0.6, 'million requests', 'unchecked'),
} as const satisfies Readonly<Record<string, Price>>

export type PriceName = keyof typeof prices

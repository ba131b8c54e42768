import { Construct } from 'constructs'
import { names } from '../names.ts'
import type { Settings } from '../settings.ts'
import { expressBrokerAlarms } from './alarms/broker.ts'
import { deadLetterAlarms, lagAlarms, type WatchedConsumer } from './alarms/consumers.ts'
import { databaseAlarms } from './alarms/database.ts'
import { discoveryAlarm } from './alarms/discovery.ts'
import { queueAlarm, spillAlarms } from './alarms/queues.ts'
import type { Graph } from './operations-dashboard.ts'

type WatchedPartsProps = Readonly<{
  settings: Settings
  consumers: readonly WatchedConsumer[]
}>

/** Alarms on what functions depend on, as far as this deployment has it, and what to show of it. */
export class WatchedParts extends Construct {
  readonly graphs: readonly Graph[]

  constructor(scope: Construct, id: string, { settings, consumers }: WatchedPartsProps) {
    super(scope, id)
    queueAlarm(this, names.failedInvocations, {
      name: 'failed-invocations',
      impact: 'Something that was to happen by itself did not: an invocation failed for good.',
    })
    this.graphs = [
      ...this.#consumers(consumers, settings),
      {
        title: 'database',
        metrics: databaseAlarms(this, names.databaseCluster, settings.databaseReaders),
      },
      { title: 'spill: age in s, messages', metrics: spillAlarms(this, names.spill) },
      ...this.#broker(settings),
      ...this.#discovery(settings),
    ]
  }

  #consumers(
    consumers: readonly WatchedConsumer[],
    { broker, pollers }: Settings,
  ): readonly Graph[] {
    const own = broker === 'own'
    return [
      ...consumers.map((consumer) => ({
        title: `${consumer.name}: lag, ${own ? 'records' : 's'}`,
        metrics: lagAlarms(this, consumer, own ? undefined : names.broker),
      })),
      { title: 'records put aside', metrics: deadLetterAlarms(this, consumers, pollers) },
    ]
  }

  /** Of MSK Serverless there is nothing to watch but lag, of brokers elsewhere not even that here. */
  #broker({ broker }: Settings): readonly Graph[] {
    if (broker !== 'express') return []
    const metrics = expressBrokerAlarms(this, names.broker)
    return [{ title: 'broker', metrics }]
  }

  #discovery({ consul }: Settings): readonly Graph[] {
    if (consul !== 'fargate') return []
    const { cluster: clusterName, service: serviceName } = names.discovery
    const metrics = discoveryAlarm(this, { clusterName, serviceName })
    return [{ title: 'discovery', metrics }]
  }
}

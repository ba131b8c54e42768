import type { FunctionLog } from '../lambda/function-host.ts'
import type { FunctionHosts } from '../lambda/function-hosts.ts'
import type { SystemPlan } from '../template/system.ts'
import { mappingsApart } from './mappings-apart.ts'
import { runQueueMapping } from './queue-mapping.ts'
import { runSchedule } from './schedule.ts'

export type Triggers = Readonly<{
  /** Starts no new invocation and waits for those under way. */
  stop(): Promise<void>
  /** Lets go of the event log. */
  close(): Promise<void>
}>

type TriggerParts = Readonly<{
  eventLogUrl: string
  /** The folder that holds a folder per queue. */
  queues: string
  hosts: FunctionHosts
  log: FunctionLog
}>

/** Starts every event source mapping and schedule of a plan. */
export async function startTriggers(
  plan: SystemPlan,
  { eventLogUrl, queues, hosts, log }: TriggerParts,
): Promise<Triggers> {
  const mapped = await mappingsApart({ eventLogUrl, mappings: plan.mappings }, { hosts, log })
  const drained = plan.queueMappings.map((mapping) =>
    runQueueMapping(mapping, { queues, host: hosts.of(mapping.functionName), log: log.event }),
  )
  const stops = plan.schedules.map((schedule) =>
    runSchedule(schedule, hosts.of(schedule.functionName), () => new Date()),
  )
  return {
    async stop() {
      for (const stop of stops) stop()
      await Promise.all([mapped, ...drained].map((running) => running.stop()))
    },
    close: () => mapped.close(),
  }
}

import { openEventConsumer, openEventLog } from '#shared/adapters/event-log.ts'
import type { FunctionLog } from '../lambda/function-host.ts'
import type { FunctionHosts } from '../lambda/function-hosts.ts'
import type { SystemPlan } from '../template/system.ts'
import { runMapping } from './mapping.ts'
import { runSchedule } from './schedule.ts'

export type Triggers = Readonly<{
  /** Starts no new invocation and waits for those under way. */
  stop(): Promise<void>
  /** Lets go of the event log. */
  close(): Promise<void>
}>

/** Starts every event source mapping and schedule of a plan. */
export async function startTriggers(
  plan: SystemPlan,
  eventLogUrl: string,
  hosts: FunctionHosts,
  log: FunctionLog['event'],
): Promise<Triggers> {
  const consumer = await openEventConsumer(eventLogUrl)
  const deadLetters = await openEventLog(eventLogUrl)
  const consumptions = await Promise.all(
    plan.mappings.map((mapping) => {
      const host = hosts.of(mapping.functionName)
      return runMapping(mapping, { consumer, deadLetters, host, log, now: Date.now })
    }),
  )
  const stops = plan.schedules.map((schedule) =>
    runSchedule(schedule, hosts.of(schedule.functionName), () => new Date()),
  )
  return {
    async stop() {
      for (const stop of stops) stop()
      await Promise.all(consumptions.map((consumption) => consumption.stop()))
    },
    async close() {
      await Promise.all([consumer.close(), deadLetters.close()])
    },
  }
}

import kafkajs, { type Broker, type PartitionAssigner } from 'kafkajs'
import { kafkaErrorType } from './failure.ts'

/**
 * An assigner for a consumer that has something to do before it joins its group, each time. kafkajs
 * joins again at once when its group shares out anew; the first thing that a join does is to ask the
 * cluster for the group's coordinator, and that is the cluster which assigners get.
 *
 * It also sees to it that a coordinator which does not answer is looked for anew: kafkajs would beat
 * its heart at a broker that is frozen or gone until it gives up, a minute later.
 */
export function joiningAfter(
  prepare: () => Promise<void>,
  createAssigner: PartitionAssigner,
): PartitionAssigner {
  return (config) => {
    const { cluster } = config
    const find = cluster.findGroupCoordinator.bind(cluster)
    cluster.findGroupCoordinator = async (group) => {
      await prepare()
      const coordinator = await find(group)
      // An answer to a join may take as long as a rebalance: whoever gives none must not be asked.
      await coordinator.apiVersions()
      return lookedForAnew(coordinator as Coordinator)
    }
    return createAssigner(config)
  }
}

/** Of kafkajs 2.2.4, though not of its types. */
type Coordinator = Broker & { heartbeat(membership: unknown): Promise<unknown> }

/** Whoever does not answer is none: kafkajs then asks for the coordinator, and joins as who it is. */
function lookedForAnew(coordinator: Coordinator): Coordinator {
  const { heartbeat } = Object.getPrototypeOf(coordinator) as Coordinator
  let gone: Error | undefined
  coordinator.heartbeat = async (membership) => {
    if (gone) throw gone
    try {
      return await heartbeat.call(coordinator, membership)
    } catch (error) {
      if (kafkaErrorType(error) !== undefined) throw error
      const message = `the coordinator gave no answer: ${(error as Error).message}`
      gone = Object.assign(new kafkajs.KafkaJSError(message), { type: 'NOT_COORDINATOR_FOR_GROUP' })
      throw gone
    }
  }
  return coordinator
}

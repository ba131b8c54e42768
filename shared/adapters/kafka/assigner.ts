import kafkajs, { type PartitionAssigner } from 'kafkajs'

/**
 * Deals a group's partitions to those members that subscribed to the topic. kafkajs's own assigner
 * hands every topic to every member, so members of one group that read different topics would get
 * partitions that they never asked for.
 */
export const bySubscription: PartitionAssigner = ({ cluster }) => ({
  name: 'BySubscription',
  version: 0,

  async assign({ members }) {
    const subscribers = new Map<string, string[]>()
    for (const { memberId, memberMetadata } of members) {
      const topics = kafkajs.AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? []
      for (const topic of topics) {
        subscribers.set(topic, [...(subscribers.get(topic) ?? []), memberId].sort())
      }
    }
    for (const topic of subscribers.keys()) await cluster.addTargetTopic(topic)

    const assignments = new Map(
      members.map(({ memberId }) => [memberId, {} as Record<string, number[]>]),
    )
    for (const [topic, ids] of subscribers) {
      const partitions = cluster.findTopicPartitionMetadata(topic)
      const numbers = partitions.map(({ partitionId }) => partitionId).sort((a, b) => a - b)
      for (const [turn, number] of numbers.entries()) {
        const assignment = assignments.get(ids[turn % ids.length] as string) ?? {}
        assignment[topic] = [...(assignment[topic] ?? []), number]
      }
    }
    return [...assignments].map(([memberId, assignment]) => ({
      memberId,
      memberAssignment: kafkajs.AssignerProtocol.MemberAssignment.encode({
        ...{ version: 0, assignment, userData: Buffer.alloc(0) },
      }),
    }))
  },

  protocol({ topics }) {
    const metadata = kafkajs.AssignerProtocol.MemberMetadata.encode({
      ...{ version: 0, topics, userData: Buffer.alloc(0) },
    })
    return { name: this.name, metadata }
  },
})

import type { PartitionAssigner } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { joiningAfter } from '#shared/adapters/kafka/joining.ts'

/** A cluster whose coordinator answers as told, and what a join does with it. */
function joining(answers: (() => Promise<unknown>)[], reachable = true) {
  const steps: string[] = []
  class Coordinator {
    async apiVersions() {
      steps.push('asked')
      if (!reachable) throw new Error('timed out')
    }
    heartbeat(): Promise<unknown> {
      steps.push('beat')
      return answers.shift()?.() ?? Promise.resolve()
    }
  }
  const coordinator = new Coordinator()
  const cluster = {
    async findGroupCoordinator() {
      steps.push('found')
      return coordinator
    },
  }
  const assigner: PartitionAssigner = () => ({}) as ReturnType<PartitionAssigner>
  const prepare = async () => void steps.push('prepared')
  joiningAfter(prepare, assigner)({ cluster } as unknown as Parameters<PartitionAssigner>[0])
  return { steps, join: () => cluster.findGroupCoordinator() }
}

const silent = () => Promise.reject(new Error('timed out'))
const typed = (type: string) => () => Promise.reject(Object.assign(new Error(type), { type }))

describe('joining a group', () => {
  it('prepares before it asks for the coordinator, each time, and makes sure that one answers', async () => {
    const { steps, join } = joining([])
    await join()
    await join()
    const once = ['prepared', 'found', 'asked']
    expect(steps).toEqual([...once, ...once])
  })

  it('asks nothing of a coordinator that does not answer', async () => {
    await expect(joining([], false).join()).rejects.toThrow('timed out')
  })

  it('takes a coordinator that gave no answer for none, until it is found anew', async () => {
    const { steps, join } = joining([silent])
    const coordinator = await join()
    const none = {
      type: 'NOT_COORDINATOR_FOR_GROUP',
      message: expect.stringContaining('timed out'),
    }
    await expect(coordinator.heartbeat()).rejects.toMatchObject(none)
    await expect(coordinator.heartbeat()).rejects.toMatchObject(none)
    expect(steps.filter((step) => step === 'beat')).toHaveLength(1)
    await expect((await join()).heartbeat()).resolves.toBeUndefined()
  })

  it("hands Kafka's own refusals on", async () => {
    const coordinator = await joining([typed('REBALANCE_IN_PROGRESS')]).join()
    await expect(coordinator.heartbeat()).rejects.toMatchObject({ type: 'REBALANCE_IN_PROGRESS' })
    await expect(coordinator.heartbeat()).resolves.toBeUndefined()
  })
})

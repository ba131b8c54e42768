import { describe, expect, it } from 'vitest'
import { takeInventory } from '#commands/cost/inventory.ts'
import { topics } from '#shared/domain/topics.ts'

const mapping = (functionName: string, pollers: unknown) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    FunctionName: functionName,
    Topics: ['hooks.execution'],
    BatchSize: 1_000,
    ProvisionedPollerConfig: pollers,
  },
})

describe('the inventory of templates', () => {
  it('of nothing costs nothing but the partitions that a log would have', () => {
    const { partitions, functions, pollerGroups, ...counts } = takeInventory([])
    expect(partitions).toBe(topics.reduce((sum, topic) => sum + topic.partitions, 0))
    expect([functions, pollerGroups.size]).toEqual([[], 0])
    const { broker, mappings, ...numbers } = counts
    expect([broker, mappings]).toEqual(['elsewhere', []])
    expect(Object.values(numbers).every((count) => count === 0)).toBe(true)
  })

  it('adds up the pollers of mappings that share a group', () => {
    const { pollerGroups } = takeInventory([
      mapping('one', { MinimumPollers: 2, PollerGroupName: 'shared' }),
      mapping('two', { MinimumPollers: 3, PollerGroupName: 'shared' }),
      mapping('two', { MinimumPollers: 1 }),
      mapping('two', undefined),
    ])
    expect([...pollerGroups.values()]).toEqual([5, 1])
  })

  it('keeps mappings of queues apart', () => {
    const queue = { Type: 'AWS::Lambda::EventSourceMapping', Properties: { EventSourceArn: 'q' } }
    expect(takeInventory([queue])).toMatchObject({ mappings: [], queueMappings: 1 })
  })

  it('counts the least capacity of every instance', () => {
    const { floorAcu, secrets } = takeInventory([
      {
        Type: 'AWS::RDS::DBCluster',
        Properties: {
          ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 8 },
          ManageMasterUserPassword: true,
        },
      },
      { Type: 'AWS::RDS::DBInstance' },
      { Type: 'AWS::RDS::DBInstance' },
    ])
    expect([floorAcu, secrets]).toEqual([1, 1])
  })

  it('counts an interface endpoint in every zone, and no gateway endpoint', () => {
    const endpoint = (VpcEndpointType: string, SubnetIds: readonly string[]) => ({
      Type: 'AWS::EC2::VPCEndpoint',
      Properties: { VpcEndpointType, SubnetIds },
    })
    const { endpointZones } = takeInventory([
      endpoint('Interface', ['a', 'b']),
      endpoint('Interface', ['a', 'b']),
      endpoint('Gateway', []),
    ])
    expect(endpointZones).toBe(4)
  })

  it('counts the metrics that an alarm reads', () => {
    const { alarmMetrics } = takeInventory([
      { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Errors' } },
      {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: { Metrics: [{ Expression: 'a + b' }, { MetricStat: {} }, { MetricStat: {} }] },
      },
    ])
    expect(alarmMetrics).toBe(3)
  })
})

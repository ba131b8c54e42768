import { describe, expect, it } from 'vitest'
import { readAssembly } from '#local/template/assembly.ts'
import { planPolling } from '#local/template/polling.ts'
import type { Template } from '#local/template/resolve.ts'
import { stageWith } from '#test/support/poller-process.ts'

const mapping = { functionName: 'reader', topic: 'hooks.custom', group: 'reader-hooks.custom' }

describe('planning what to poll', () => {
  const assembly = readAssembly(stageWith({ ...mapping, batchSize: 500, reserved: 3 }))

  it('reads mappings that stand there only for places that know them', () => {
    expect(planPolling(assembly, 'one:9092,two:9092').mappings).toEqual([
      {
        functionName: 'reader',
        topic: 'hooks.custom',
        group: 'reader-hooks.custom',
        startingPosition: 'earliest',
        batchSize: 500,
        windowMs: 0,
        maxRetries: 10,
        maxAgeMs: Number.POSITIVE_INFINITY,
        bisect: true,
        partialFailures: true,
        deadLetterTopic: 'dlq.hooks.custom',
        source: { eventSource: 'SelfManagedKafka', bootstrapServers: 'one:9092,two:9092' },
      },
    ])
  })

  it('reads time-out and concurrency of functions, without the values of their deployment', () => {
    expect(planPolling(assembly, 'b:9092').functions.get('reader')).toMatchObject({
      name: 'reader',
      timeoutMs: 10_000,
      maxConcurrency: 3,
    })
  })

  it('reads MSK mappings, with the brokers it is told', () => {
    const [name = '', template] = [...assembly.templates][0] ?? []
    const plan = planPolling(
      { ...assembly, templates: new Map([[name, onMsk(template as Template)]]) },
      'msk:9098',
    )
    expect(plan.mappings[0]).toMatchObject({
      group: 'msk-group',
      source: {
        eventSource: 'aws:kafka',
        eventSourceArn: 'arn:aws:kafka:eu-west-1:1:cluster/c/1',
        bootstrapServers: 'msk:9098',
      },
    })
  })

  it('leaves the mappings of queues to whoever has queues', () => {
    const [name = '', template] = [...assembly.templates][0] ?? []
    const queue = { FunctionName: 'reader', EventSourceArn: 'arn:aws:sqs:eu-west-1:1:queue' }
    const withQueue = changed(template as Template, queue)
    const plan = planPolling({ ...assembly, templates: new Map([[name, withQueue]]) }, '')
    expect(plan.mappings).toEqual([])
  })
})

function changed(template: Template, properties: Readonly<Record<string, unknown>>): Template {
  const { Mapping, ...others } = template.Resources
  return {
    ...template,
    Resources: {
      ...others,
      Mapping: { Type: Mapping?.Type ?? '', Properties: properties },
    },
  }
}

function onMsk(template: Template): Template {
  const { SelfManagedEventSource: _, ...properties } = template.Resources.Mapping?.Properties ?? {}
  return changed(template, {
    ...properties,
    SelfManagedKafkaEventSourceConfig: undefined,
    EventSourceArn: 'arn:aws:kafka:eu-west-1:1:cluster/c/1',
    AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'msk-group' },
  })
}

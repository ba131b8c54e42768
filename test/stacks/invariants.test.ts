import { describe, expect, it } from 'vitest'
import { routes as accessRoutes } from '#functions/access/schema.ts'
import { routes as hookRoutes } from '#functions/hook-receiver/schema.ts'
import { routes as insightRoutes } from '#functions/insight/schema.ts'
import { routes as liveRoutes } from '#functions/live/schema.ts'
import type { Route } from '#shared/domain/http/route.ts'
import { deadLetterTopic, eventTopics } from '#shared/domain/topics.ts'
import { functionNames } from '#stacks/bundle.ts'
import { stageNames } from '#stacks/stage.ts'
import { type Found, type Properties, stageResources } from './stage-templates.ts'

const root = new URL('../..', import.meta.url).pathname
const declared: Readonly<Record<string, readonly Route[]>> = {
  access: accessRoutes,
  'hook-receiver': hookRoutes,
  insight: insightRoutes,
  live: liveRoutes,
}

describe.each(stageNames)('stage %s', (stage) => {
  const resources = stageResources(stage)
  const ofType = (type: string) => resources.filter((one) => one.Type === type)
  const functions = ofType('AWS::Lambda::Function')
  const named = (one: Found) => String(one.Properties.FunctionName)
  const mappings = ofType('AWS::Lambda::EventSourceMapping')

  it('has every function there is, and no other', () => {
    expect(functions.map(named).sort()).toEqual(functionNames(root))
  })

  it('has no custom resource and none that hides a Lambda of its own', () => {
    expect(resources.filter(({ Type }) => /^(Custom::|AWS::CloudFormation::C)/.test(Type))).toEqual(
      [],
    )
  })

  describe.each(functions.map((one) => [named(one), one] as const))('function %s', (_, one) => {
    const { Properties: properties, stack, id } = one
    const inStack = (type: string) => ofType(type).filter((other) => other.stack === stack)

    it('runs on Node 24 on arm64, with a timeout and JSON logs', () => {
      expect(properties).toMatchObject({
        Architectures: ['arm64'],
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON' },
      })
      expect(properties.Timeout).toBeGreaterThan(0)
      expect(properties.MemorySize).toBeGreaterThanOrEqual(512)
    })

    it('has a role of its own', () => {
      const roleOf = (each: Properties) => JSON.stringify(each.Role)
      const sharing = functions.filter(
        (other) => other.stack === stack && roleOf(other.Properties) === roleOf(properties),
      )
      expect(sharing).toHaveLength(1)
    })

    it('has a log group of its own, which forgets', () => {
      const group = properties.LoggingConfig.LogGroup.Ref
      const sharing = functions.filter(
        (other) => other.stack === stack && other.Properties.LoggingConfig.LogGroup.Ref === group,
      )
      expect(sharing).toHaveLength(1)
      const found = inStack('AWS::Logs::LogGroup').find((other) => other.id === group)
      expect(found?.Properties.RetentionInDays).toBeGreaterThan(0)
    })

    it('has an alarm on its errors that says what users notice', () => {
      const alarm = inStack('AWS::CloudWatch::Alarm').find(
        ({ Properties: alarmed }) =>
          alarmed.MetricName === 'Errors' && alarmed.Dimensions[0].Value.Ref === id,
      )
      expect(alarm?.Properties.AlarmDescription).toMatch(/^[A-Z].{20,}\.$/)
    })
  })

  it('grants no action by a wildcard', () => {
    const statements = [...ofType('AWS::IAM::Policy'), ...ofType('AWS::IAM::Role')].flatMap(
      ({ Properties: properties }) => [
        ...(properties.PolicyDocument?.Statement ?? []),
        ...(properties.Policies ?? []).flatMap(
          (policy: Properties) => policy.PolicyDocument.Statement,
        ),
      ],
    )
    expect(statements.length).toBeGreaterThan(0)
    const actions = statements.flatMap(({ Action }: Properties) => Action)
    expect(actions.filter((action: string) => action.includes('*'))).toEqual([])
    const resourceLists = statements.flatMap(({ Resource }: Properties) => Resource ?? [])
    expect(resourceLists.filter((resource: unknown) => resource === '*')).toEqual([])
  })

  it('reads every event topic with recorder and learner, each in a group of its own', () => {
    const groups = mappings.map(({ Properties: properties }) => {
      const config =
        properties.SelfManagedKafkaEventSourceConfig ??
        properties.AmazonManagedKafkaEventSourceConfig
      return config.ConsumerGroupId
    })
    const expected = ['event-recorder', 'pattern-processor'].flatMap((name) =>
      eventTopics.map((topic) => `${name}-${topic.name}`),
    )
    expect(groups.sort()).toEqual(expected.sort())
    for (const group of groups) expect(group).toMatch(/^[!-9;-~]{1,200}$/)
  })

  it('reads each topic from its beginning and loses no record that fails', () => {
    for (const { Properties: properties } of mappings) {
      expect(properties.Topics).toHaveLength(1)
      expect(properties).toMatchObject({
        StartingPosition: 'TRIM_HORIZON',
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        BisectBatchOnFunctionError: true,
        DestinationConfig: {
          OnFailure: { Destination: `kafka://${deadLetterTopic(properties.Topics[0])}` },
        },
      })
      expect(properties.MaximumRetryAttempts).toBeGreaterThan(0)
    }
  })

  it('provisions pollers, without which Lambda refuses retry limits and dead letters', () => {
    for (const { Properties: properties } of mappings) {
      const topic = eventTopics.find(({ name }) => name === properties.Topics[0])
      const { MinimumPollers, MaximumPollers } = properties.ProvisionedPollerConfig
      expect(MinimumPollers).toBeGreaterThan(0)
      expect(MaximumPollers).toBeLessThanOrEqual(topic?.partitions ?? 0)
    }
  })

  it('has every route of every schema in its API, and no other', () => {
    const paths = pathsOf(ofType('AWS::ApiGateway::Resource'))
    const served = ofType('AWS::ApiGateway::Method').map(({ Properties: properties }) => {
      const { Type, ResponseTransferMode, TimeoutInMillis } = properties.Integration
      expect(Type).toBe('AWS_PROXY')
      if (ResponseTransferMode !== 'STREAM') expect(TimeoutInMillis).toBeLessThanOrEqual(29_000)
      const streaming = ResponseTransferMode === 'STREAM' ? ' streams' : ''
      return `${properties.HttpMethod} ${paths(properties.ResourceId)}${streaming}`
    })
    const expected = Object.values(declared)
      .flat()
      .map(({ method, path, streaming }) => `${method} ${path}${streaming ? ' streams' : ''}`)
    expect(served.sort()).toEqual(expected.sort())
  })

  it('takes bodies of every type as bytes', () => {
    expect(
      ofType('AWS::ApiGateway::RestApi').map((one) => one.Properties.BinaryMediaTypes),
    ).toEqual([['*/*']])
  })

  it('calls housekeeping every minute', () => {
    const [rule] = ofType('AWS::Events::Rule')
    expect(rule?.Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
    })
  })

  it('carries no secret', () => {
    for (const one of functions) {
      for (const [name, value] of Object.entries(one.Properties.Environment.Variables)) {
        if (!/SECRET|DATABASE/.test(name)) continue
        const isReference = typeof value === 'object' || String(value).startsWith('{{resolve:')
        expect([name, isReference]).toEqual([name, true])
      }
    }
  })
})

describe('stage compose', () => {
  it('makes Kafka mappings only where they are known', () => {
    const mappings = stageResources('compose').filter(({ Type }) => /EventSourceMapping/.test(Type))
    expect(mappings.every(({ Condition }) => Condition === 'HasKafkaMappings')).toBe(true)
  })
})

function pathsOf(resources: readonly Found[]): (id: Properties) => string {
  const path = (id: Properties): string => {
    const found = resources.find((one) => one.id === id.Ref)
    return found ? `${path(found.Properties.ParentId)}/${found.Properties.PathPart}` : ''
  }
  return path
}

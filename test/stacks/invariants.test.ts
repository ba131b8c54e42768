import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { variants } from '#commands/nag/variants.ts'
import type { Route } from '#shared/domain/http/route.ts'
import { deadLetterTopic, eventTopics } from '#shared/domain/topics.ts'
import { functionNames } from '#stacks/bundle.ts'
import type { StageName } from '#stacks/stage.ts'
import type { GivenContext } from '#stacks/synthesise.ts'
import { localStackTypes } from './localstack-types.ts'
import { type Found, type Properties, stageResources } from './stage-templates.ts'
import { statementsIn, wildcards } from './statements.ts'

const root = new URL('../..', import.meta.url).pathname
/** The routes that each function's schema declares. */
const declared: Readonly<Record<string, readonly Route[]>> = Object.fromEntries(
  await Promise.all(
    functionNames(root).map(async (name): Promise<[string, readonly Route[]]> => {
      const schema = join(root, 'functions', name, 'schema.ts')
      if (!existsSync(schema)) return [name, []]
      const { routes = [] } = await import(pathToFileURL(schema).href)
      return [name, routes]
    }),
  ),
)

/** Every stage, and every way to deploy stage aws. */
const ways: readonly (readonly [string, StageName, GivenContext])[] = [
  ['local', 'local', {}],
  ['compose', 'compose', {}],
  ...Object.entries(variants).map(([name, given]) => [`aws (${name})`, 'aws', given] as const),
]

describe.each(ways)('stage %s', (_stage, stage, given) => {
  const resources = stageResources(stage, given)
  const ofType = (type: string) => resources.filter((one) => one.Type === type)
  const functions = ofType('AWS::Lambda::Function').filter(isOurs)
  const named = (one: Found) => String(one.Properties.FunctionName)
  const mappings = ofType('AWS::Lambda::EventSourceMapping')
  const kafkaMappings = mappings.filter(({ Properties: properties }) => properties.Topics)

  it('has every function there is, and no other', () => {
    // The local runtime prepares its stores itself.
    const notHere = stage === 'local' ? ['provisioner'] : []
    const expected = functionNames(root).filter((name) => !notHere.includes(name))
    expect(functions.map(named).sort()).toEqual(expected)
  })

  it('has no custom resource and no Lambda of others, but what copies the code of Web Functions', () => {
    const custom = resources.filter(({ Type }) => /^(Custom::|AWS::CloudFormation::C)/.test(Type))
    const foreign = ofType('AWS::Lambda::Function').filter((one) => !isOurs(one))
    const copied = given.proxy === 'listening' ? ['Custom::S3ObjectCopy'] : []
    expect(custom.map(({ Type }) => Type)).toEqual(copied)
    expect(foreign).toHaveLength(copied.length)
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

  it('allows nothing by a wildcard that has no written reason', () => {
    const statements = resources.flatMap(statementsIn)
    expect(statements.length).toBeGreaterThan(functions.length)
    expect(wildcards(statements)).toEqual([])
  })

  it('reads every event topic with recorder and learner and calls with their own, each in a group of its own', () => {
    const groups = kafkaMappings.map(({ Properties: properties }) => {
      const config =
        properties.SelfManagedKafkaEventSourceConfig ??
        properties.AmazonManagedKafkaEventSourceConfig
      return config.ConsumerGroupId
    })
    const ofEvents = ['event-recorder', 'pattern-processor'].flatMap((name) =>
      eventTopics.map((topic) => `${name}-${topic.name}`),
    )
    const ofCalls = ['traffic-learner-tools.calls', 'traffic-learner-services.health']
    expect(groups.sort()).toEqual([...ofEvents, ...ofCalls].sort())
    for (const group of groups) expect(group).toMatch(/^[!-9;-~]{1,200}$/)
  })

  it('reads each topic from its beginning', () => {
    for (const { Properties: properties } of kafkaMappings) {
      expect(properties.Topics).toHaveLength(1)
      expect(properties.StartingPosition).toBe('TRIM_HORIZON')
    }
  })

  it('loses no record that fails', () => {
    for (const { Properties: properties } of kafkaMappings.filter(isProvisioned)) {
      expect(properties).toMatchObject({
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        BisectBatchOnFunctionError: true,
        DestinationConfig: {
          OnFailure: { Destination: `kafka://${deadLetterTopic(properties.Topics[0])}` },
        },
      })
      expect(properties.MaximumRetryAttempts).toBeGreaterThan(0)
    }
  })

  it('has settings that need provisioned pollers with provisioned pollers alone', () => {
    for (const { Properties: properties } of kafkaMappings.filter((one) => !isProvisioned(one))) {
      for (const setting of PROVISIONED_ONLY) expect(properties).not.toHaveProperty(setting)
    }
    for (const { Properties: properties } of kafkaMappings.filter(isProvisioned)) {
      const topic = eventTopics.find(({ name }) => name === properties.Topics[0])
      const { MinimumPollers, MaximumPollers } = properties.ProvisionedPollerConfig
      expect(MinimumPollers).toBeGreaterThan(0)
      expect(MaximumPollers).toBeLessThanOrEqual(topic?.partitions ?? 0)
    }
    if (given.pollers !== 'on-demand') expect(kafkaMappings.every(isProvisioned)).toBe(true)
  })

  it('has every route of every schema in its API, and no other', () => {
    const paths = pathsOf(ofType('AWS::ApiGateway::Resource'))
    const served = ofType('AWS::ApiGateway::Method').map(({ Properties: properties }) => {
      const { Type, ResponseTransferMode, TimeoutInMillis } = properties.Integration
      // Emulators stream nothing: what would be streamed is answered by the gateway itself.
      if (stage === 'compose' && Type === 'MOCK') {
        return `${properties.HttpMethod} ${paths(properties.ResourceId)} streams`
      }
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
        if (!/SECRET|PASSWORD|TOKEN|DATABASE/.test(name)) continue
        expect([name, isReference(value)]).toEqual([name, true])
      }
    }
    const text = JSON.stringify(resources)
    // A URL with a password in it, a private key, a key of AWS or of ours.
    expect(text).not.toMatch(/:\/\/[^"@/{$]*:[^"@/{$]+@|BEGIN [A-Z ]*PRIVATE KEY|AKIA[A-Z0-9]{16}/)
    for (const { Properties: properties } of ofType('AWS::SecretsManager::Secret')) {
      expect(properties).not.toHaveProperty('SecretString')
    }
  })
})

/** Lambda developer guide, "Apache Kafka event source mapping": these exist in provisioned mode alone. */
const PROVISIONED_ONLY = [
  'MaximumRetryAttempts',
  'MaximumRecordAgeInSeconds',
  'BisectBatchOnFunctionError',
  'FunctionResponseTypes',
  'DestinationConfig',
  'LoggingConfig',
  'MetricsConfig',
]

/** Functions of CDK's own have no name. */
const isOurs = ({ Type, Properties }: Found) =>
  Type === 'AWS::Lambda::Function' && Properties.FunctionName !== undefined

const isProvisioned = ({ Properties: properties }: Found) => 'ProvisionedPollerConfig' in properties

/** A parameter, an ARN that is put together, or a secret's ARN to read at cold start. */
const isReference = (value: unknown) =>
  typeof value === 'object' || /^(secret:arn:|\{\{resolve:|$)/.test(String(value))

describe('stage compose', () => {
  const resources = stageResources('compose')

  it('makes Kafka mappings only where they are known', () => {
    const mappings = resources.filter(
      ({ Type, Properties: { Topics } }) => Type === 'AWS::Lambda::EventSourceMapping' && Topics,
    )
    expect(mappings.every(({ Condition }) => Condition === 'HasKafkaMappings')).toBe(true)
  })

  it('has only what LocalStack knows', () => {
    const types = new Set(resources.map(({ Type }) => Type))
    expect([...types].filter((type) => !localStackTypes.has(type))).toEqual([])
  })
})

describe.each(Object.entries(variants))('stage aws (%s)', (_, given) => {
  const resources = stageResources('aws', given)
  const ofType = (type: string) =>
    resources.filter(({ Type }) => Type === type).map((one) => one.Properties)

  const ours = resources.filter(isOurs).map((one) => one.Properties)

  it('traces every function', () => {
    for (const { TracingConfig } of ours) {
      expect(TracingConfig).toEqual({ Mode: 'Active' })
    }
  })

  it('runs every function in private subnets', () => {
    for (const { VpcConfig } of ours) {
      expect(VpcConfig.SubnetIds.length).toBeGreaterThan(1)
      expect(VpcConfig.SecurityGroupIds.length).toBeGreaterThan(0)
    }
  })

  it('keeps what every function was invoked with and failed on', () => {
    const kept = ofType('AWS::Lambda::EventInvokeConfig').map(
      ({ FunctionName, DestinationConfig }) => [
        JSON.stringify(FunctionName),
        JSON.stringify(DestinationConfig?.OnFailure?.Destination ?? ''),
      ],
    )
    const functions = resources.filter(isOurs)
    for (const { id } of functions) {
      const destination = kept.find(([name]) => name === JSON.stringify({ Ref: id }))?.[1]
      expect([id, destination]).toEqual([id, expect.stringContaining('failed-invocations')])
    }
  })

  it('has no log group that never forgets', () => {
    for (const { RetentionInDays } of ofType('AWS::Logs::LogGroup')) {
      expect(RetentionInDays).toBeGreaterThan(0)
    }
  })
})

function pathsOf(resources: readonly Found[]): (id: Properties) => string {
  const path = (id: Properties): string => {
    const found = resources.find((one) => one.id === id.Ref)
    return found ? `${path(found.Properties.ParentId)}/${found.Properties.PathPart}` : ''
  }
  return path
}

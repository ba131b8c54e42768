import { describe, expect, it } from 'vitest'
import type { Assembly } from '#local/template/assembly.ts'
import type { Template } from '#local/template/resolve.ts'
import { rateMs } from '#local/template/schedules.ts'
import { planSystem } from '#local/template/system.ts'

const uri = (version: string, arn: unknown, call: string) => ({
  'Fn::Join': ['', ['arn:aws:apigateway:local:lambda:path/', version, '/functions/', arn, call]],
})
const imported = { 'Fn::ImportValue': { 'Fn::Sub': 'exported-arn' } }

const functions: Template = {
  Parameters: { DatabaseUrl: {}, BootstrapServers: { Default: 'b:9092' } },
  Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
  Resources: {
    Fn: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'reader',
        Code: { S3Bucket: { 'Fn::Sub': `assets-\${AWS::AccountId}` }, S3Key: 'abc.zip' },
        Handler: 'index.handler',
        Environment: { Variables: { DATABASE_URL: { Ref: 'DatabaseUrl' } } },
        Timeout: 12,
        MemorySize: 256,
        ReservedConcurrentExecutions: 7,
      },
    },
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        FunctionName: { 'Fn::GetAtt': ['Fn', 'Arn'] },
        Topics: ['hooks.custom'],
        StartingPosition: 'TRIM_HORIZON',
        SelfManagedEventSource: {
          Endpoints: { KafkaBootstrapServers: [{ Ref: 'BootstrapServers' }] },
        },
        SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'group' },
        MaximumRetryAttempts: -1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        DestinationConfig: { OnFailure: { Destination: 'kafka://dlq.hooks.custom' } },
      },
    },
    Unwanted: { Type: 'AWS::Lambda::EventSourceMapping', Condition: 'Never', Properties: {} },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        ScheduleExpression: 'rate(5 minutes)',
        State: 'ENABLED',
        Targets: [{ Arn: { 'Fn::GetAtt': ['Fn', 'Arn'] }, Input: '{"a":1}' }],
      },
    },
    Role: { Type: 'AWS::IAM::Role', Properties: { Unknown: { 'Fn::Cidr': [] } } },
  },
  Outputs: {
    Arn: { Value: { 'Fn::GetAtt': ['Fn', 'Arn'] }, Export: { Name: 'exported-arn' } },
  },
}
const door: Template = {
  Resources: {
    Api: { Type: 'AWS::ApiGateway::RestApi' },
    Stage: { Type: 'AWS::ApiGateway::Stage', Properties: { StageName: 'v1' } },
    Events: {
      Type: 'AWS::ApiGateway::Resource',
      Properties: { ParentId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] }, PathPart: 'events' },
    },
    Event: {
      Type: 'AWS::ApiGateway::Resource',
      Properties: { ParentId: { Ref: 'Events' }, PathPart: '{id}' },
    },
    Read: {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        HttpMethod: 'GET',
        ResourceId: { Ref: 'Event' },
        Integration: {
          Type: 'AWS_PROXY',
          Uri: uri('2015-03-31', imported, '/invocations'),
          TimeoutInMillis: 9_000,
        },
      },
    },
    Stream: {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        HttpMethod: 'GET',
        ResourceId: { Ref: 'Events' },
        Integration: {
          Type: 'AWS_PROXY',
          Uri: uri('2021-11-15', imported, '/response-streaming-invocations'),
          ResponseTransferMode: 'STREAM',
        },
      },
    },
  },
}
const assembly: Assembly = {
  templates: new Map([
    ['door', door],
    ['functions', functions],
  ]),
  assets: new Map([['abc.zip', '/bundles/abc']]),
}

describe('reading a system from its templates', () => {
  const plan = planSystem(assembly, { DatabaseUrl: 'postgres://here' })

  it('reads functions with their environment, limits and code', () => {
    expect(plan.functions).toEqual([
      {
        name: 'reader',
        arn: 'arn:aws:lambda:local:000000000000:function:reader',
        folder: '/bundles/abc',
        handler: 'index.handler',
        environment: { DATABASE_URL: 'postgres://here' },
        timeoutMs: 12_000,
        memoryMb: 256,
        maxConcurrency: 7,
      },
    ])
  })

  it('reads routes from the resources of another stack', () => {
    expect(plan.api).toMatchObject({ id: 'Api', stage: 'v1' })
    expect(plan.api.routes).toEqual([
      {
        method: 'GET',
        path: '/events/{id}',
        functionName: 'reader',
        timeoutMs: 9_000,
        streaming: false,
      },
      {
        method: 'GET',
        path: '/events',
        functionName: 'reader',
        timeoutMs: 29_000,
        streaming: true,
      },
    ])
  })

  it('reads event source mappings with the defaults of Lambda', () => {
    expect(plan.mappings).toEqual([
      {
        functionName: 'reader',
        topic: 'hooks.custom',
        group: 'group',
        startingPosition: 'earliest',
        batchSize: 100,
        windowMs: 500,
        maxRetries: 10,
        maxAgeMs: Number.POSITIVE_INFINITY,
        bisect: false,
        partialFailures: true,
        deadLetterTopic: 'dlq.hooks.custom',
        source: { eventSource: 'SelfManagedKafka', bootstrapServers: 'b:9092' },
      },
    ])
  })

  it('reads schedules with their input', () => {
    expect(plan.schedules).toEqual([
      { rule: 'Rule', functionName: 'reader', everyMs: 300_000, input: { a: 1 } },
    ])
  })

  it('names a parameter that has no value', () => {
    expect(() => planSystem(assembly, {})).toThrow(/DatabaseUrl/)
  })

  it('names a function whose code is missing', () => {
    const values = { DatabaseUrl: 'x' }
    expect(() => planSystem({ ...assembly, assets: new Map() }, values)).toThrow(/reader/)
  })
})

describe('rate expressions', () => {
  it.each([
    ['rate(1 minute)', 60_000],
    ['rate(2 hours)', 7_200_000],
    ['rate(1 day)', 86_400_000],
    ['cron(0 12 * * ? *)', undefined],
    ['rate(0 minutes)', 0],
  ])('%s is %s ms', (expression, ms) => {
    expect(rateMs(expression)).toBe(ms)
  })
})

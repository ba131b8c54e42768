import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Properties, stageResources } from './stage-templates.ts'

const resources = stageResources('aws')
const ofType = (type: string) => resources.filter((one) => one.Type === type)
const statementsOf = (name: string) =>
  ofType('AWS::IAM::Policy')
    .filter(({ id }) => id.startsWith(name))
    .flatMap(({ Properties: properties }) => properties.PolicyDocument.Statement as Properties[])
const actionsOf = (name: string) => statementsOf(name).flatMap(({ Action }) => Action)
const variablesOf = (functionName: string): Properties =>
  ofType('AWS::Lambda::Function').find(
    ({ Properties: properties }) => properties.FunctionName === functionName,
  )?.Properties.Environment.Variables
/** The names of the parameters that a value leads to. */
const parametersIn = (value: unknown) =>
  [...JSON.stringify(value).matchAll(/SsmParameterValueomninodebridge([a-z]+)/g)].map(
    ([, name]) => name,
  )

describe('the aws stage', () => {
  it('keeps the access snapshot encrypted and away from the public', () => {
    const buckets = ofType('AWS::S3::Bucket').filter(({ stack }) => stack === 'data')
    expect(buckets).toHaveLength(1)
    expect(buckets[0]?.Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    })
  })

  it('lets access and housekeeping publish the snapshot, intake and readers read it', () => {
    const onSnapshot = (name: string) =>
      statementsOf(name)
        .filter(({ Resource }) => JSON.stringify(Resource).includes('/access.json'))
        .flatMap(({ Action }) => Action)
    for (const name of ['Access', 'Housekeeping']) {
      expect(onSnapshot(name)).toContain('s3:PutObject')
    }
    for (const name of ['HookReceiver', 'Insight', 'Live']) {
      expect(onSnapshot(name)).toContain('s3:GetObject')
      expect(onSnapshot(name)).not.toContain('s3:PutObject')
    }
    for (const name of ['EventRecorder', 'PatternProcessor']) {
      expect(actionsOf(name).filter((action) => action.startsWith('s3:'))).toEqual([])
    }
  })

  it('lets whoever reads the snapshot tell its absence from a fault', () => {
    // Without s3:ListBucket S3 answers 403 for an object that is not there.
    for (const name of ['Access', 'Housekeeping', 'HookReceiver', 'Insight', 'Live']) {
      expect(actionsOf(name)).toContain('s3:ListBucket')
    }
  })

  it('reads the MSK cluster by its ARN with what its IAM asks for', () => {
    const mappings = ofType('AWS::Lambda::EventSourceMapping').filter(
      ({ Properties: properties }) => properties.Topics,
    )
    expect(mappings.length).toBeGreaterThan(0)
    for (const { Properties: properties } of mappings) {
      expect(parametersIn(properties.EventSourceArn)).toEqual(['brokerclusterarn'])
      expect(properties).not.toHaveProperty('SelfManagedEventSource')
    }
    for (const name of ['EventRecorder', 'PatternProcessor']) {
      expect(actionsOf(name)).toEqual(
        expect.arrayContaining([
          'kafka-cluster:Connect',
          'kafka-cluster:DescribeGroup',
          'kafka-cluster:AlterGroup',
          'kafka-cluster:DescribeTopic',
          'kafka-cluster:ReadData',
          'kafka-cluster:DescribeClusterDynamicConfiguration',
          'kafka-cluster:WriteData',
        ]),
      )
    }
  })

  it('names topics and groups of the cluster by ARN', () => {
    const [topic] = statementsOf('HookReceiver')
      .filter(({ Action }) => Action.includes('kafka-cluster:WriteData'))
      .flatMap(({ Resource }) => Resource)
    const [, parts] = topic['Fn::Join']
    expect(parts[1]).toBe(':topic/')
    expect(parts[3]).toBe('/coordination.plans')
  })

  it('lets intake append and not read', () => {
    expect(actionsOf('HookReceiver')).toContain('kafka-cluster:WriteData')
    expect(actionsOf('HookReceiver')).not.toContain('kafka-cluster:ReadData')
  })

  it('lets those find the brokers that are told of the log, and nobody else', () => {
    for (const name of ['HookReceiver', 'EventRecorder', 'Insight', 'Housekeeping', 'Access']) {
      expect(actionsOf(name)).toContain('kafka:GetBootstrapBrokers')
    }
    expect(actionsOf('PatternProcessor')).not.toContain('kafka:GetBootstrapBrokers')
  })

  it('lets those connect to the database that are told of it, as the one role', () => {
    for (const name of ['Access', 'EventRecorder', 'PatternProcessor', 'Insight', 'Live']) {
      const [connect] = statementsOf(name).filter(({ Action }) => Action === 'rds-db:connect')
      expect(JSON.stringify(connect?.Resource)).toMatch(/:dbuser:.*databaseresourceid.*\/bridge"/)
    }
    for (const name of ['HookReceiver', 'Provisioner']) {
      expect(actionsOf(name)).not.toContain('rds-db:connect')
    }
  })

  it('trusts the authorities of RDS where there is a database, and costs others no start-up time', () => {
    expect(variablesOf('event-recorder').NODE_EXTRA_CA_CERTS).toBe('/var/runtime/ca-cert.pem')
    expect(variablesOf('live').NODE_EXTRA_CA_CERTS).toBe('/var/runtime/ca-cert.pem')
    expect(variablesOf('hook-receiver')).not.toHaveProperty('NODE_EXTRA_CA_CERTS')
  })

  it('takes addresses from Parameter Store and names secrets by ARN', () => {
    const { SOURCE_SECRETS_KEY, EVENT_LOG_URL } = variablesOf('hook-receiver')
    expect(SOURCE_SECRETS_KEY['Fn::Join'][1][0]).toBe('secret:')
    expect(parametersIn(SOURCE_SECRETS_KEY)).toEqual(['sourcesecretskeyarn'])
    expect(parametersIn(EVENT_LOG_URL)).toEqual(['eventlogurl'])
  })

  it('lets each function read the secrets it is told of, and decrypt them nowhere else', () => {
    const secretsOf = (name: string) =>
      statementsOf(name)
        .filter(({ Action }) => Action === 'secretsmanager:GetSecretValue')
        .flatMap(({ Resource }) => parametersIn(Resource))
    expect(secretsOf('HookReceiver')).toEqual(['sourcesecretskeyarn'])
    expect(secretsOf('Access')).toEqual(['sourcesecretskeyarn'])
    expect(new Set(secretsOf('Provisioner'))).toEqual(new Set(['databaseadminsecretarn']))
    for (const name of ['EventRecorder', 'PatternProcessor', 'Insight', 'Live', 'Housekeeping']) {
      expect(secretsOf(name)).toEqual([])
    }
    const decrypting = ofType('AWS::IAM::Policy')
      .flatMap(({ Properties: properties }) => properties.PolicyDocument.Statement as Properties[])
      .filter(({ Action }) => Action === 'kms:Decrypt')
    expect(decrypting.length).toBeGreaterThan(0)
    for (const { Condition } of decrypting) {
      expect(JSON.stringify(Condition)).toContain('"kms:ViaService"')
      expect(JSON.stringify(Condition)).toContain('secretsmanager.')
    }
  })

  it('reserves as many executions as its how-to says, and leaves most of an account to others', () => {
    const reserved = ofType('AWS::Lambda::Function').reduce(
      (sum, { Properties: properties }) => sum + (properties.ReservedConcurrentExecutions ?? 0),
      0,
    )
    const howTo = readFileSync('docs/how-to/deploy.md', 'utf8')
    expect(howTo).toContain(`${reserved} are reserved`)
    // Of 1,000 by default, 100 can't be reserved.
    expect(reserved).toBeLessThan(450)
  })

  it('runs every function in the private subnets, traced', () => {
    for (const { Properties: properties } of ofType('AWS::Lambda::Function')) {
      expect(properties.VpcConfig.SubnetIds).toHaveLength(2)
      // Who is told in which networks services and issuers stand has the way to them, and nobody else.
      const groups = Object.hasOwn(properties.Environment.Variables, 'UPSTREAM_NETWORKS')
        ? ['securitygroupfunctions', 'securitygroupupstreams']
        : ['securitygroupfunctions']
      expect(parametersIn(properties.VpcConfig.SecurityGroupIds)).toEqual(groups)
      expect(properties.TracingConfig).toEqual({ Mode: 'Active' })
    }
  })

  it('keeps what was invoked asynchronously and failed for good, in one queue', () => {
    const functions = ofType('AWS::Lambda::Function')
    const configs = ofType('AWS::Lambda::EventInvokeConfig')
    expect(configs).toHaveLength(functions.length)
    for (const { Properties: properties } of configs) {
      expect(JSON.stringify(properties.DestinationConfig.OnFailure)).toContain(
        ':omninode-bridge-failed-invocations',
      )
    }
    const [rule] = ofType('AWS::Events::Rule')
    expect(JSON.stringify(rule?.Properties.Targets[0].DeadLetterConfig)).toContain(
      ':omninode-bridge-failed-invocations',
    )
    const [policy] = ofType('AWS::SQS::QueuePolicy').filter(({ id }) => id.startsWith('Failed'))
    expect(JSON.stringify(policy)).toContain('events.amazonaws.com')
  })

  it('makes that queue before what names it in the same stack', () => {
    const [queue] = ofType('AWS::SQS::Queue').filter(({ stack }) => stack === 'data')
    const naming = resources.filter(
      ({ Type, stack }) =>
        stack === 'data' && /^AWS::(Lambda::EventInvokeConfig|Events::Rule)$/.test(Type),
    )
    expect(naming).toHaveLength(3)
    for (const { DependsOn } of naming) expect(DependsOn).toContain(queue?.id)
  })

  it('keeps the secrets and the key of the database when its stack is deleted', () => {
    const kept = resources.filter(
      ({ Type, stack }) => /KMS::Key|Secret$/.test(Type) && stack === 'database',
    )
    expect(kept.length).toBeGreaterThan(0)
    // Unless the deployment that made them fails: their names would be in the way of the next one.
    for (const { DeletionPolicy } of kept) expect(DeletionPolicy).toBe('RetainExceptOnCreate')
  })
})

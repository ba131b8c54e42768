import { describe, expect, it } from 'vitest'
import { type Properties, stageResources } from './stage-templates.ts'

const resources = stageResources('aws')
const ofType = (type: string) => resources.filter((one) => one.Type === type)
const statementsOf = (name: string) =>
  ofType('AWS::IAM::Policy')
    .filter(({ id }) => id.startsWith(name))
    .flatMap(({ Properties: properties }) => properties.PolicyDocument.Statement as Properties[])
const actionsOf = (name: string) => statementsOf(name).flatMap(({ Action }) => Action)

describe('the aws stage', () => {
  it('keeps the access snapshot encrypted and away from the public', () => {
    const [bucket, ...more] = ofType('AWS::S3::Bucket')
    expect(more).toEqual([])
    expect(bucket?.Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    })
  })

  it('lets access and housekeeping publish the snapshot, intake and readers read it', () => {
    for (const name of ['Access', 'Housekeeping']) {
      expect(actionsOf(name)).toContain('s3:PutObject')
    }
    for (const name of ['HookReceiver', 'Insight', 'Live']) {
      expect(actionsOf(name)).toContain('s3:GetObject')
      expect(actionsOf(name)).not.toContain('s3:PutObject')
    }
    for (const name of ['EventRecorder', 'PatternProcessor']) {
      expect(actionsOf(name).filter((action) => action.startsWith('s3:'))).toEqual([])
    }
  })

  it('reads the MSK cluster by its ARN with what its IAM asks for', () => {
    for (const { Properties: properties } of ofType('AWS::Lambda::EventSourceMapping')) {
      expect(properties.EventSourceArn).toHaveProperty('Ref')
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

  it('lets intake append and not read', () => {
    expect(actionsOf('HookReceiver')).toContain('kafka-cluster:WriteData')
    expect(actionsOf('HookReceiver')).not.toContain('kafka-cluster:ReadData')
  })

  it('takes secrets from Secrets Manager and addresses from Parameter Store', () => {
    const receiver = ofType('AWS::Lambda::Function').find(
      ({ Properties: properties }) => properties.FunctionName === 'hook-receiver',
    )
    const variables = receiver?.Properties.Environment.Variables
    expect(variables.SOURCE_SECRETS_KEY).toMatch(/^\{\{resolve:secretsmanager:omninode-bridge\//)
    expect(variables.EVENT_LOG_URL.Ref).toMatch(/^SsmParameterValue/)
  })
})

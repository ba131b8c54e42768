import { describe, expect, it } from 'vitest'
import { names } from '#stacks/names.ts'
import { stageNames } from '#stacks/stage.ts'
import { type Properties, stageResources } from './stage-templates.ts'

const FORTNIGHT_S = 14 * 86_400

describe.each(stageNames)('the spill of stage %s', (stage) => {
  const resources = stageResources(stage).filter((one) => one.stack === 'intake')
  const ofType = (type: string) => resources.filter((one) => one.Type === type)
  const queues = ofType('AWS::SQS::Queue')
  const named = (name: string) => queues.find(({ Properties: { QueueName } }) => QueueName === name)
  const queue = named(names.spill.queue)
  const deadLetters = named(names.spill.deadLetters)
  const [mapping] = ofType('AWS::Lambda::EventSourceMapping')
  const functionNamed = (name: string) =>
    ofType('AWS::Lambda::Function').find(({ Properties: one }) => one.FunctionName === name)
      ?.Properties
  const statementsOf = (name: string) =>
    ofType('AWS::IAM::Policy')
      .filter(({ id }) => id.startsWith(name))
      .flatMap(({ Properties: one }) => one.PolicyDocument.Statement as Properties[])
  /** What a function may do with the queue. */
  const actionsOf = (name: string) =>
    statementsOf(name)
      .filter(({ Resource }) => Resource?.['Fn::GetAtt']?.[0] === queue?.id)
      .flatMap(({ Action }) => Action as string)

  it('keeps the order of a key and as long as a queue can, encrypted', () => {
    expect(queues).toHaveLength(2)
    for (const one of [queue, deadLetters]) {
      expect(one?.Properties).toMatchObject({
        FifoQueue: true,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
        MessageRetentionPeriod: FORTNIGHT_S,
        SqsManagedSseEnabled: true,
      })
    }
  })

  it('gives a message up only after so many tries that an outage does not bury it', () => {
    expect(queue?.Properties.RedrivePolicy.maxReceiveCount).toBe(1_000)
    expect(queue?.Properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0]).toBe(
      deadLetters?.id,
    )
  })

  it('refuses whoever does not encrypt', () => {
    const policies = ofType('AWS::SQS::QueuePolicy').flatMap(
      ({ Properties: one }) => one.PolicyDocument.Statement as Properties[],
    )
    const insecure = policies.filter(
      ({ Effect, Condition }) =>
        Effect === 'Deny' && Condition?.Bool?.['aws:SecureTransport'] === 'false',
    )
    expect(insecure).toHaveLength(2)
  })

  it('is drained by ten messages at once, with an answer for each', () => {
    expect(ofType('AWS::Lambda::EventSourceMapping')).toHaveLength(1)
    expect(mapping?.Properties).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    })
    expect(mapping?.Properties.EventSourceArn['Fn::GetAtt'][0]).toBe(queue?.id)
    const timeoutS = functionNamed('spill-drain')?.Timeout
    expect(queue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * timeoutS)
  })

  it('lets intake put and the drain take, and neither anything else', () => {
    expect(actionsOf('HookReceiver')).toEqual(['sqs:SendMessage'])
    expect(actionsOf('SpillDrain')).toEqual(
      expect.arrayContaining([
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:ChangeMessageVisibility',
      ]),
    )
    expect(actionsOf('SpillDrain')).not.toContain('sqs:SendMessage')
  })

  it('tells both where it is', () => {
    const [receiver, drain] = ['hook-receiver', 'spill-drain'].map(
      (name) => functionNamed(name)?.Environment.Variables.SPILL_URL,
    )
    expect(receiver).toEqual(drain)
    const text = JSON.stringify(receiver)
    if (stage === 'local') expect(text).toMatch(/QueuesUrl.*omninode-bridge-spill\.fifo/)
    else expect(text).toMatch(/"sqs:".*"\?bucket=".*Large/)
  })

  it.skipIf(stage === 'local')('has a bucket for what no message holds, which forgets', () => {
    const [bucket, ...more] = ofType('AWS::S3::Bucket')
    expect(more).toEqual([])
    const { LifecycleConfiguration, PublicAccessBlockConfiguration } = bucket?.Properties ?? {}
    const [{ ExpirationInDays }] = LifecycleConfiguration.Rules
    expect(ExpirationInDays * 86_400).toBeGreaterThan(2 * FORTNIGHT_S)
    expect(PublicAccessBlockConfiguration.BlockPublicAcls).toBe(true)
    const writes = statementsOf('HookReceiver').filter(({ Action }) => Action === 's3:PutObject')
    expect(writes).toHaveLength(1)
  })
})

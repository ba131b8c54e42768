import { describe, expect, it } from 'vitest'
import { variants } from '#commands/nag/variants.ts'
import { eventTopics } from '#shared/domain/topics.ts'
import { type Found, type Properties, stageResources } from './stage-templates.ts'

const everyTopic = eventTopics.map(({ name }) => name)
/** What reads which topics. */
const readers: readonly (readonly [string, readonly string[]])[] = [
  ['event-recorder', everyTopic],
  ['pattern-processor', everyTopic],
  ['traffic-learner', ['tools.calls', 'services.health']],
]
const ALARMS = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm']
const nameOf = ({ Properties: { AlarmName } }: Found) => String(AlarmName)
const alarmsOf = (resources: readonly Found[]) =>
  new Map(
    resources
      .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
      .map((one) => [nameOf(one).replace('omninode-aws-', ''), one.Properties]),
  )

describe.each(Object.entries(variants))('alarms of the variant %s', (_, given) => {
  const resources = stageResources('aws', given)
  const alarms = resources.filter(({ Type }) => ALARMS.includes(Type))

  it('each say what users notice and reach people, when they ring and when they end', () => {
    for (const { Properties: alarm } of alarms) {
      expect(alarm.AlarmDescription).toMatch(/^[A-Za-z].{20,}\.$/)
      if (alarm.ActionsEnabled === false) continue
      for (const actions of [alarm.AlarmActions, alarm.OKActions]) {
        expect(JSON.stringify(actions)).toContain(':omninode-aws-alarms"')
      }
    }
  })

  it('stay quiet only where a composite alarm speaks for them', () => {
    const composites = alarms.filter(({ Type }) => Type === 'AWS::CloudWatch::CompositeAlarm')
    const rules = JSON.stringify(composites.map(({ Properties: alarm }) => alarm.AlarmRule))
    const quiet = alarms.filter(({ Properties: alarm }) => alarm.ActionsEnabled === false)
    for (const { id } of quiet) expect(rules).toContain(`"${id}"`)
  })

  it('have names of their own', () => {
    const names = alarms.map(
      ({ Properties: { AlarmName, CompositeAlarmName } }) => AlarmName ?? CompositeAlarmName,
    )
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^omninode-aws-[a-z/.-]+$/)
  })
})

describe('observability in AWS', () => {
  const resources = stageResources('aws')
  const alarms = alarmsOf(resources)
  const all = (type: string) => resources.filter(({ Type }) => Type === type)

  it('watches the lag of every consumer group by what MSK measures', () => {
    for (const [consumer, topics] of readers) {
      for (const topic of topics) {
        expect(alarms.get(`${consumer}-lag/${topic}`)).toMatchObject({
          Namespace: 'AWS/Kafka',
          MetricName: 'EstimatedMaxTimeLag',
          Dimensions: expect.arrayContaining([
            { Name: 'Consumer Group', Value: `${consumer}-${topic}` },
            { Name: 'Topic', Value: topic },
          ]),
        })
      }
    }
  })

  it('hears of lag from the pollers too, since MSK is silent while a group is not stable', () => {
    for (const [consumer, topics] of readers) {
      expect(alarms.get(`${consumer}-lag/records`)).toMatchObject({
        Namespace: 'AWS/Lambda',
        MetricName: 'OffsetLag',
        Dimensions: [{ Name: 'FunctionName', Value: consumer }],
        ActionsEnabled: false,
      })
      const whole = all('AWS::CloudWatch::CompositeAlarm').find(
        ({ Properties: { AlarmName } }) => AlarmName === `omninode-aws-${consumer}-lag`,
      )
      const parts = JSON.stringify(whole?.Properties.AlarmRule).match(/Fn::GetAtt/g)
      expect(parts).toHaveLength(topics.length + 1)
    }
  })

  it('watches the cluster that the broker stack makes', () => {
    const [cluster] = all('AWS::MSK::ServerlessCluster')
    const lag = alarms.get(`event-recorder-lag/${eventTopics[0]?.name}`)
    expect(lag?.Dimensions).toContainEqual({
      Name: 'Cluster Name',
      Value: cluster?.Properties.ClusterName,
    })
  })

  it('watches the database, the spill and the queues that the other stacks make', () => {
    const [database] = all('AWS::RDS::DBCluster')
    expect(alarms.get('database-cpu')?.Dimensions).toContainEqual({
      Name: 'DBClusterIdentifier',
      Value: database?.Properties.DBClusterIdentifier,
    })
    const queues = all('AWS::SQS::Queue').map(({ Properties: { QueueName } }) => QueueName)
    for (const name of ['spill-age', 'spill-dead-letters', 'failed-invocations']) {
      const [dimension] = alarms.get(name)?.Dimensions ?? []
      expect(queues).toContain(dimension.Value)
    }
  })

  it('counts the records that consumers put aside by their log lines', () => {
    const filters = all('AWS::Logs::MetricFilter')
    expect(filters).toHaveLength(readers.length)
    for (const { Properties: filter } of filters) {
      expect(filter.FilterPattern).toBe('{ $.code = "records_buried" }')
      const [{ MetricName, MetricValue }] = filter.MetricTransformations
      expect(MetricValue).toBe('$.records')
      expect(alarms.get('dead-letters')?.MetricName).toBe(MetricName)
    }
  })

  it('takes silence for bad where something has to run', () => {
    expect(alarms.get('housekeeping-silent')?.TreatMissingData).toBe('breaching')
    expect(alarms.get('front-door-errors')?.TreatMissingData).toBe('notBreaching')
  })

  it('encrypts what goes to people, and lets CloudWatch and Budgets of this account alone send', () => {
    const [topic] = all('AWS::SNS::Topic')
    expect(topic?.Properties.KmsMasterKeyId).toBeDefined()
    const [policy] = all('AWS::SNS::TopicPolicy')
    const publish = policy?.Properties.PolicyDocument.Statement.filter(
      ({ Effect, Action }: Properties) => Effect === 'Allow' && Action === 'sns:Publish',
    )
    expect(publish).toHaveLength(1)
    expect(publish[0]).toMatchObject({
      Principal: { Service: ['budgets.amazonaws.com', 'cloudwatch.amazonaws.com'] },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    })
  })

  it('has a dashboard, and neither mail nor budget unless asked', () => {
    expect(all('AWS::CloudWatch::Dashboard')).toHaveLength(1)
    expect(all('AWS::SNS::Subscription')).toEqual([])
    expect(all('AWS::Budgets::Budget')).toEqual([])
  })
})

describe('observability of what a deployment has', () => {
  it('tells by mail and by budget where asked', () => {
    const resources = stageResources('aws', variants.express)
    const one = (type: string) => resources.find(({ Type }) => Type === type)?.Properties
    expect(one('AWS::SNS::Subscription')).toMatchObject({
      Protocol: 'email',
      Endpoint: 'on-call@example.com',
    })
    expect(one('AWS::Budgets::Budget')?.Budget).toMatchObject({
      TimeUnit: 'MONTHLY',
      BudgetLimit: { Amount: 2_000, Unit: 'USD' },
    })
  })

  it('watches Express brokers, Consul on Fargate and the certificate', () => {
    const resources = stageResources('aws', variants.express)
    const alarms = alarmsOf(resources)
    const value = (name: string, dimension: string) =>
      alarms.get(name)?.Dimensions.find(({ Name }: Properties) => Name === dimension)?.Value
    const made = (type: string) => resources.find(({ Type }) => Type === type)?.Properties
    expect(value('broker-controller', 'Cluster Name')).toBe(made('AWS::MSK::Cluster')?.ClusterName)
    expect(value('discovery-down', 'ServiceName')).toBe(made('AWS::ECS::Service')?.ServiceName)
    expect(value('discovery-down', 'ClusterName')).toBe(made('AWS::ECS::Cluster')?.ClusterName)
    expect(value('certificate-expiry', 'CertificateArn')).toBe(variants.express?.certificateArn)
  })

  it("takes what Lambda counts where the brokers' metrics are not in the account", () => {
    const alarms = alarmsOf(stageResources('aws', variants.own))
    expect(alarms.get('event-recorder-lag')).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'OffsetLag',
      Dimensions: [{ Name: 'FunctionName', Value: 'event-recorder' }],
    })
    expect([...alarms.keys()].filter((name) => name.startsWith('broker-'))).toEqual([])
  })

  it('is not there in stages that no one is called out of bed for', () => {
    for (const stage of ['local', 'compose'] as const) {
      const resources = stageResources(stage)
      expect(resources.filter(({ stack }) => stack === 'observability')).toEqual([])
      const alarms = resources.filter(({ Type }) => ALARMS.includes(Type))
      for (const { Properties: alarm } of alarms) expect(alarm.AlarmActions).toBeUndefined()
    }
  })
})

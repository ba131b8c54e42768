import { describe, expect, it } from 'vitest'
import { type Properties, stageResources } from './stage-templates.ts'

const token = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:consul-token-a1b2c3'
const inDatabase = stageResources('aws')
const inConsul = stageResources('aws', {
  consul: 'address',
  consulAddress: 'https://consul.example.com:8501',
  consulToken: token,
  consulCidr: '10.2.0.0/16',
})

const statementsOf = (name: string, resources = inDatabase) =>
  resources
    .filter(({ Type, id }) => Type === 'AWS::IAM::Policy' && id.startsWith(`${name}Role`))
    .flatMap(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement as Properties[])
const listOf = (value: unknown) => (Array.isArray(value) ? value : [value]).flat()
/** `service:Action` with the last part of each resource that it is allowed on. */
const allowed = (name: string, service: string, resources = inDatabase) =>
  statementsOf(name, resources)
    .flatMap(({ Action, Resource }) =>
      listOf(Action).flatMap((action: string) =>
        listOf(Resource).map((resource) => [action, endOf(resource)] as const),
      ),
    )
    .filter(([action]) => action.startsWith(`${service}:`))
const endOf = (resource: unknown) =>
  typeof resource === 'string'
    ? resource
    : (/"\/([^"/]+(?:\/\*)?)"/.exec(JSON.stringify(resource))?.[1] ?? '')

const HEALTH = 'services.health'
const LIFECYCLE = 'services.lifecycle'

describe.each([
  {
    name: 'ServiceRegistry',
    appends: [HEALTH, LIFECYCLE],
    reads: ['access.json'],
    database: false,
  },
  { name: 'ServiceWatcher', appends: [HEALTH, LIFECYCLE], reads: ['catalog/*'], database: false },
  {
    ...{ name: 'VersionRouter', appends: [LIFECYCLE], database: false },
    reads: ['access.json', 'catalog/*'],
  },
  {
    ...{ name: 'ToolProxy', appends: [HEALTH, LIFECYCLE, 'tools.calls'], database: true },
    reads: ['access.json', 'catalog/*'],
  },
  {
    ...{ name: 'TrafficLearner', reads: [], database: true },
    appends: ['dlq.services.health', 'dlq.tools.calls', LIFECYCLE],
  },
])('$name', ({ name, appends, reads, database }) => {
  it('appends to its topics alone', () => {
    const writing = allowed(name, 'kafka-cluster').filter(([action]) =>
      action.endsWith(':WriteData'),
    )
    expect(writing.map(([, topic]) => topic).sort()).toEqual(appends)
  })

  it('reads what it is told of, and writes to no bucket unless it publishes', () => {
    const objects = allowed(name, 's3')
    const on = (action: string) =>
      objects.filter(([one]) => one === action).map(([, object]) => object)
    expect(on('s3:GetObject').sort()).toEqual(reads)
    const published = name === 'ServiceWatcher' ? ['catalog/*'] : []
    expect(on('s3:PutObject')).toEqual(published)
    expect(on('s3:DeleteObject')).toEqual(published)
  })

  it('finds services in the database, or in Consul by its token and without the database', () => {
    expect(allowed(name, 'rds-db')).toEqual([['rds-db:connect', 'bridge']])
    expect(allowed(name, 'secretsmanager')).toEqual([])
    expect(allowed(name, 'secretsmanager', inConsul)).toEqual([
      ['secretsmanager:GetSecretValue', token],
    ])
    expect(allowed(name, 'rds-db', inConsul)).toHaveLength(database ? 1 : 0)
  })
})

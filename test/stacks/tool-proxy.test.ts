import { describe, expect, it } from 'vitest'
import { type Found, type Properties, stageResources } from './stage-templates.ts'

const listening = stageResources('aws', { proxy: 'listening', upstreamNetworks: '10.0.0.0/8' })
const one = (resources: readonly Found[], type: string): Found => {
  const [found, ...more] = resources.filter(({ Type }) => Type === type)
  if (!found || more.length > 0) throw new Error(`${more.length + 1} of ${type}`)
  return found
}
const proxyOf = (resources: readonly Found[]): Found => {
  const found = resources.find(
    ({ Type, Properties: properties }) =>
      Type === 'AWS::Lambda::Function' && properties.FunctionName === 'tool-proxy',
  )
  if (!found) throw new Error('there is no tool-proxy')
  return found
}
const statementsOf = (resources: readonly Found[], role: string) =>
  resources
    .filter(({ Type, id }) => Type === 'AWS::IAM::Policy' && id.startsWith(role))
    .flatMap(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement as Properties[])
const rights = (statements: readonly Properties[]) =>
  statements
    .flatMap(({ Action }) => Action as string | string[])
    .filter((action) => !/^(logs|xray|sqs):/.test(action))
    .sort()

describe('tool-proxy behind the REST API', () => {
  it.each(['local', 'aws'] as const)(
    'takes any method and streams its answers in stage %s',
    (stage) => {
      const methods = stageResources(stage).filter(
        ({ Type, Properties: { HttpMethod } }) =>
          Type === 'AWS::ApiGateway::Method' && HttpMethod === 'ANY',
      )
      expect(methods).toHaveLength(2)
      for (const {
        Properties: { Integration },
      } of methods) {
        expect(Integration).toMatchObject({
          ResponseTransferMode: 'STREAM',
          TimeoutInMillis: 29_000,
        })
      }
    },
  )

  it('says in stage compose where calls go instead', () => {
    const answers = stageResources('compose')
      .filter(({ Properties: { HttpMethod } }) => HttpMethod === 'ANY')
      .map(({ Properties: { Integration } }) => Integration.IntegrationResponses[0])
    expect(answers).toHaveLength(2)
    for (const { StatusCode, ResponseTemplates } of answers) {
      expect(StatusCode).toBe('501')
      expect(JSON.parse(ResponseTemplates['application/json']).detail).toContain('npm run proxy')
    }
  })

  it.each(['local', 'compose', 'aws'] as const)('can be run for long by stage %s', (stage) => {
    expect(proxyOf(stageResources(stage))).toMatchObject({
      Metadata: { 'omninode:server': 'server.mjs' },
    })
  })

  it('may take most of what calls need, and leaves the rest to others', () => {
    expect(proxyOf(stageResources('aws')).Properties.ReservedConcurrentExecutions).toBe(150)
  })

  it('has no Web Function unless asked', () => {
    const types = stageResources('aws').map(({ Type }) => Type)
    expect(types.filter((type) => /WebFunction|NetworkConnector|^Custom/.test(type))).toEqual([])
  })
})

describe('tool-proxy as a Web Function', () => {
  const revision = one(listening, 'AWS::Lambda::WebFunctionRevision').Properties
  const service = revision.ServiceConfig
  const told = (variables: Properties) => ({
    ...variables,
    AWS_LAMBDA_NODEJS_ENTRYPOINT: undefined,
  })

  it('runs its own process on Node 24', () => {
    expect(revision.BuildConfig.RuntimeConfig.Runtime).toBe('nodejs24.x')
    expect(service.EnvironmentVariables.AWS_LAMBDA_NODEJS_ENTRYPOINT).toBe('listen.mjs')
  })

  it('is told what the Lambda is told', () => {
    const lambda = proxyOf(listening).Properties.Environment.Variables as Properties
    const names = Object.keys(told(service.EnvironmentVariables)).sort()
    expect(names).toEqual(Object.keys(told(lambda)).sort())
  })

  it('may do what the Lambda may do, and nothing else', () => {
    const lambda = rights(statementsOf(listening, 'ToolProxy'))
    expect(lambda).toContain('kafka-cluster:WriteData')
    expect(lambda).toContain('s3:GetObject')
    expect(rights(statementsOf(listening, 'ListeningToolProxyRole'))).toEqual(lambda)
  })

  it('appends to its topics alone', () => {
    const writing = statementsOf(listening, 'ListeningToolProxyRole').find(({ Action }) =>
      Action.includes('kafka-cluster:WriteData'),
    )
    const topics = [...JSON.stringify(writing?.Resource).matchAll(/"\/([a-z]+\.[a-z]+)"/g)]
    expect(topics.map(([, topic]) => topic).sort()).toEqual([
      ...['services.health', 'services.lifecycle', 'tools.calls'],
    ])
  })

  it('stands in the private subnets by a connector, with the way to services', () => {
    const { VpcEgressConfiguration: egress } = one(listening, 'AWS::Lambda::NetworkConnector')
      .Properties.Configuration
    expect(egress.SubnetIds).toHaveLength(2)
    expect(JSON.stringify(egress.SecurityGroupIds)).toMatch(/groupfunctions.*groupupstreams/)
    expect(service.EgressNetworkConnectorArn).toBeDefined()
  })

  it('decides itself who calls', () => {
    expect(one(listening, 'AWS::Lambda::WebFunctionEndpoint').Properties.AuthType).toBe(
      'ApplicationManaged',
    )
  })

  it('has its code read by its own revisions alone', () => {
    const reading = listening
      .filter(({ id }) => id.startsWith('ListeningToolProxyCodePolicy'))
      .flatMap(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement as Properties[])
      .find(({ Effect }) => Effect === 'Allow')
    expect(reading?.Principal).toEqual({ Service: 'lambda.amazonaws.com' })
    expect(JSON.stringify(reading?.Condition)).toContain(':web-function/tool-proxy/revision/*')
  })

  it('rings when it says that a fault is its own', () => {
    const { FilterPattern, MetricTransformations } = one(
      listening.filter(({ id }) => id.startsWith('ListeningToolProxyFaults')),
      'AWS::Logs::MetricFilter',
    ).Properties
    const [{ MetricName, MetricNamespace }] = MetricTransformations
    for (const code of ['function.threw', 'server.not-started']) {
      expect(FilterPattern).toContain(`?"${code}"`)
    }
    const alarm = listening.find(
      ({ Properties: { AlarmName } }) => AlarmName === 'omninode-aws-tool-proxy-listening-errors',
    )
    expect(alarm?.Properties).toMatchObject({
      ...{ MetricName, Namespace: MetricNamespace, TreatMissingData: 'notBreaching' },
      AlarmDescription: expect.stringMatching(/^[A-Z].{20,}\.$/),
    })
  })
})

describe('the way to services', () => {
  const rulesOf = (given: Record<string, unknown>) =>
    stageResources('aws', given).find(
      ({ Type, id }) => Type === 'AWS::EC2::SecurityGroup' && id.includes('upstreams'),
    )?.Properties.SecurityGroupEgress as Properties[]

  it('leads to the networks that services may stand in, on any port', () => {
    expect(rulesOf({ upstreamNetworks: '10.0.0.0/8,fd00::/8' })).toEqual([
      expect.objectContaining({ CidrIp: '10.0.0.0/8', IpProtocol: 'tcp', FromPort: 0 }),
      expect.objectContaining({ CidrIpv6: 'fd00::/8', IpProtocol: 'tcp', FromPort: 0 }),
    ])
  })

  it('leads to public addresses where only these may be called and there is a way out', () => {
    expect(rulesOf({ nat: 'one' })).toEqual([expect.objectContaining({ CidrIp: '0.0.0.0/0' })])
  })

  it('leads nowhere else', () => {
    expect(rulesOf({})).toEqual([expect.objectContaining({ CidrIp: '255.255.255.255/32' })])
  })
})

import { describe, expect, it } from 'vitest'
import { variants } from '#commands/nag/variants.ts'
import { type Properties, stageResources } from './stage-templates.ts'

const frontDoor = (given: Record<string, unknown> = {}) => {
  const resources = stageResources('aws', given).filter(({ stack }) => stack === 'front-door')
  const all = (type: string): Properties[] =>
    resources.filter(({ Type }) => Type === type).map((one) => one.Properties)
  const one = (type: string): Properties => {
    const [found, ...more] = all(type)
    if (!found || more.length > 0) throw new Error(`${more.length + 1} of ${type}`)
    return found
  }
  return { all, one }
}
const settingsOf = (stage: Properties, path: string, method: string) =>
  stage.MethodSettings.find(
    (each: Properties) =>
      each.ResourcePath === `/${path.replaceAll('/', '~1')}` && each.HttpMethod === method,
  )

describe('the front door in AWS', () => {
  const { all, one } = frontDoor()
  const stage = one('AWS::ApiGateway::Stage')

  it('traces, and limits every method by itself', () => {
    expect(stage.TracingEnabled).toBe(true)
    const rate = (path: string, method: string) =>
      settingsOf(stage, path, method).ThrottlingRateLimit
    expect(rate('/hooks', 'POST')).toBeGreaterThan(rate('/events', 'GET'))
    expect(rate('/events', 'GET')).toBeGreaterThan(rate('/keys', 'POST'))
    expect(rate('/live', 'GET')).toBeLessThan(rate('/events', 'GET'))
    for (const settings of stage.MethodSettings) {
      expect(settings.ThrottlingBurstLimit).toBeGreaterThanOrEqual(settings.ThrottlingRateLimit)
      expect(settings.MetricsEnabled).toBe(true)
    }
    expect(stage.MethodSettings).toHaveLength(all('AWS::ApiGateway::Method').length + 1)
  })

  it('writes one JSON line per request, with nothing that tells who a person is', () => {
    const format = JSON.parse(stage.AccessLogSetting.Format)
    expect(format).toMatchObject({ code: 'access', route: '$context.resourcePath' })
    expect(JSON.stringify(format)).not.toMatch(
      /sourceIp|userAgent|context\.path|header|querystring/i,
    )
    expect(stage.AccessLogSetting.DestinationArn).toBeDefined()
  })

  it('keeps both of its logs in groups that forget, and no body in them', () => {
    const groups = all('AWS::Logs::LogGroup')
    expect(groups).toHaveLength(2)
    for (const { RetentionInDays } of groups) expect(RetentionInDays).toBeGreaterThan(0)
    const names = groups.map(({ LogGroupName }) => JSON.stringify(LogGroupName ?? ''))
    expect(names.join()).toContain('API-Gateway-Execution-Logs_')
    for (const settings of stage.MethodSettings) expect(settings.DataTraceEnabled).toBe(false)
  })

  it('meters by usage plans of three tiers and asks for no key', () => {
    const plans = all('AWS::ApiGateway::UsagePlan')
    expect(plans.map(({ UsagePlanName }) => UsagePlanName.split('-').at(-1))).toEqual([
      'trial',
      'standard',
      'bulk',
    ])
    for (const { Throttle, Quota, ApiStages } of plans) {
      expect(Throttle.RateLimit).toBeGreaterThan(0)
      expect(Quota).toMatchObject({ Period: 'DAY' })
      expect(ApiStages).toHaveLength(1)
    }
    for (const { ApiKeyRequired } of all('AWS::ApiGateway::Method')) {
      expect(ApiKeyRequired ?? false).toBe(false)
    }
  })

  it('answers problem+json by itself too, with Retry-After where trying again helps', () => {
    const answers = new Map(
      all('AWS::ApiGateway::GatewayResponse').map((each) => [each.ResponseType, each]),
    )
    for (const { ResponseParameters, ResponseTemplates } of answers.values()) {
      expect(ResponseParameters['gatewayresponse.header.Content-Type']).toBe(
        "'application/problem+json'",
      )
      const text = ResponseTemplates['application/json']
      const body = JSON.parse(text.replace('$context.error.messageString', '"why"'))
      expect(body).toMatchObject({ type: 'about:blank', detail: 'why' })
    }
    const retryAfter = 'gatewayresponse.header.Retry-After'
    for (const type of ['THROTTLED', 'QUOTA_EXCEEDED', 'INTEGRATION_FAILURE', 'DEFAULT_5XX']) {
      expect(answers.get(type)?.ResponseParameters[retryAfter]).toMatch(/^'\d+'$/)
    }
    expect(answers.get('MISSING_AUTHENTICATION_TOKEN')?.StatusCode).toBe('404')
  })

  it('accepts TLS 1.2 and 1.3 alone, for its own host name', () => {
    expect(one('AWS::ApiGateway::RestApi')).toMatchObject({
      SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
      EndpointAccessMode: 'STRICT',
    })
  })

  it("leaves the account's logging role there when it goes", () => {
    expect(all('AWS::ApiGateway::Account')).toHaveLength(1)
    const account = stageResources('aws').find(({ Type }) => Type === 'AWS::ApiGateway::Account')
    expect(account).toMatchObject({ DeletionPolicy: 'Retain' })
    expect(frontDoor({ apiGatewayLogRole: 'existing' }).all('AWS::ApiGateway::Account')).toEqual([])
  })

  it('has neither firewall nor domain unless asked', () => {
    expect(all('AWS::WAFv2::WebACL')).toEqual([])
    expect(all('AWS::ApiGateway::DomainName')).toEqual([])
  })
})

describe('the guarded front door', () => {
  const { all, one } = frontDoor(variants.express)

  it('asks for keys of usage plans where the caller has to be known anyway', () => {
    const required = all('AWS::ApiGateway::Method').filter(({ ApiKeyRequired }) => ApiKeyRequired)
    expect(required.length).toBeGreaterThan(10)
    const open = all('AWS::ApiGateway::Method').filter(({ ApiKeyRequired }) => !ApiKeyRequired)
    // Two handshakes, liveness, readiness, the description of the API.
    expect(open).toHaveLength(5)
  })

  it('takes clients with a certificate of its truststore, by its domain and no other way', () => {
    expect(one('AWS::ApiGateway::DomainName')).toMatchObject({
      DomainName: 'bridge.example.com',
      MutualTlsAuthentication: {
        TruststoreUri: 's3://example-truststore/clients.pem',
        TruststoreVersion: '1',
      },
      SecurityPolicy: 'TLS_1_2',
      EndpointConfiguration: { Types: ['REGIONAL'] },
    })
    expect(one('AWS::ApiGateway::RestApi')).toMatchObject({
      DisableExecuteApiEndpoint: true,
      SecurityPolicy: 'TLS_1_2',
    })
    expect(all('AWS::ApiGateway::BasePathMapping')).toHaveLength(1)
    expect(one('AWS::Route53::RecordSet')).toMatchObject({
      Name: 'bridge.example.com.',
      Type: 'A',
      HostedZoneId: 'Z0000000EXAMPLE',
    })
  })

  it('limits each address before the managed rules, which leave the stream alone', () => {
    const { Rules, Scope } = one('AWS::WAFv2::WebACL')
    expect(Scope).toBe('REGIONAL')
    const [rate, ...managed] = Rules
    expect(rate).toMatchObject({
      Priority: 0,
      Action: { Block: {} },
      Statement: { RateBasedStatement: { Limit: 2_000, AggregateKeyType: 'IP' } },
    })
    expect(managed.map(({ Name }: Properties) => Name)).toContain('AWSManagedRulesCommonRuleSet')
    for (const { Statement } of managed) {
      const { ScopeDownStatement } = Statement.ManagedRuleGroupStatement
      const exempt = JSON.stringify(ScopeDownStatement.NotStatement)
      for (const path of ['/live', '/v1/live']) expect(exempt).toContain(`"${path}"`)
    }
    expect(all('AWS::WAFv2::WebACLAssociation')).toHaveLength(1)
  })

  it('lets bodies through, whatever they are of', () => {
    const { Rules } = one('AWS::WAFv2::WebACL')
    const overrides = Rules.flatMap(
      ({ Statement }: Properties) => Statement.ManagedRuleGroupStatement?.RuleActionOverrides ?? [],
    )
    // Every rule of these groups that looks into bodies (WAF developer guide, "Baseline rule groups").
    const bodyRules = [
      'SizeRestrictions_BODY',
      'CrossSiteScripting_BODY',
      'EC2MetaDataSSRF_BODY',
      'GenericLFI_BODY',
      'GenericRFI_BODY',
      'JavaDeserializationRCE_BODY',
      'Log4JRCE_BODY',
      'ReactJSRCE_BODY',
    ]
    for (const rule of bodyRules) {
      expect(overrides).toContainEqual({ Name: rule, ActionToUse: { Count: {} } })
    }
  })

  it('writes down what the firewall blocked, without keys', () => {
    const logging = one('AWS::WAFv2::LoggingConfiguration')
    const redacted = logging.RedactedFields.map(({ SingleHeader }: Properties) => SingleHeader.Name)
    expect(redacted).toEqual(['authorization', 'x-api-key'])
    const names = all('AWS::Logs::LogGroup').map(({ LogGroupName }) => LogGroupName)
    expect(names).toContain('aws-waf-logs-omninode-aws-front-door')
  })
})

describe('a domain without mutual TLS', () => {
  it('uses a policy that mutual TLS would forbid, and closes the other way in', () => {
    const { one, all } = frontDoor(variants.own)
    expect(one('AWS::ApiGateway::DomainName')).toMatchObject({
      SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
      EndpointAccessMode: 'STRICT',
    })
    expect(one('AWS::ApiGateway::RestApi').DisableExecuteApiEndpoint).toBe(true)
    expect(all('AWS::Route53::RecordSet')).toEqual([])
  })
})

describe('wrong settings of the front door', () => {
  it.each([
    [{ domainName: 'bridge.example.com' }, /domainName and certificateArn go together/],
    [{ truststore: 's3://bucket/key' }, /need a domainName/],
    [{ truststore: 'https://bucket/key', waf: 'maybe' }, /s3:\/\/<bucket>\/<key>/],
    [{ waf: 'maybe' }, /waf/],
    [{ wafRate: '1' }, /wafRate/],
  ])('%j are named', (given, message) => {
    expect(() => stageResources('aws', given)).toThrow(message)
  })
})

describe('other stages', () => {
  it.each(['local', 'compose'] as const)('%s has nothing that only AWS knows', (stage) => {
    const types = stageResources(stage).map(({ Type }) => Type)
    for (const type of ['UsagePlan', 'GatewayResponse', 'Account', 'DomainName']) {
      expect(types).not.toContain(`AWS::ApiGateway::${type}`)
    }
    expect(types.filter((type) => type.startsWith('AWS::WAFv2::'))).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { kafkaTarget } from '#shared/adapters/kafka/kafka-url.ts'

const CLUSTER = 'arn:aws:kafka:eu-central-1:123456789012:cluster/bridge/0a1b-2'
const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:AmazonMSK_bridge+x-AbCdEf'

describe('a Kafka URL', () => {
  it('names brokers that are spoken to in plaintext', () => {
    expect(kafkaTarget('kafka://a:9092,b.example:9093')).toEqual({
      brokers: ['a:9092', 'b.example:9093'],
    })
    expect(kafkaTarget('kafka://a:9092/')).toEqual({ brokers: ['a:9092'] })
  })

  it.each([
    { query: '', security: {} },
    { query: '?ca=/etc/ca.pem', security: { ca: '/etc/ca.pem' } },
    {
      query: `?secret=${SECRET}&ca=${SECRET}`,
      security: { ca: SECRET, login: { mechanism: 'SCRAM-SHA-512', secret: SECRET } },
    },
    {
      query: `?secret=${SECRET}&mechanism=SCRAM-SHA-256`,
      security: { login: { mechanism: 'SCRAM-SHA-256', secret: SECRET } },
    },
    {
      query: '?auth=iam&region=eu-west-1',
      security: { login: { mechanism: 'OAUTHBEARER', region: 'eu-west-1' } },
    },
  ])('names brokers that are spoken to over TLS: $query', ({ query, security }) => {
    expect(kafkaTarget(`kafkas://a:9093${query}`)).toEqual({ brokers: ['a:9093'], security })
  })

  it('holds user and password, encoded', () => {
    expect(kafkaTarget('kafkas://us%2Fer:p%40ss%3A@a:9093,b:9093?mechanism=plain')).toEqual({
      brokers: ['a:9093', 'b:9093'],
      security: { login: { mechanism: 'PLAIN', user: 'us/er', password: 'p@ss:' } },
    })
  })

  it('takes the region from the names of MSK brokers', () => {
    const target = kafkaTarget('kafkas://b-1.x.c2.kafka.us-east-2.amazonaws.com:9098?auth=iam')
    expect(target.security?.login).toMatchObject({ region: 'us-east-2' })
  })

  it.each([
    { query: '?auth=tls', auth: 'tls', login: undefined },
    {
      query: '?auth=iam',
      auth: 'iam',
      login: { mechanism: 'OAUTHBEARER', region: 'eu-central-1' },
    },
    {
      query: `?auth=scram&secret=${SECRET}`,
      auth: 'scram',
      login: { mechanism: 'SCRAM-SHA-512', secret: SECRET },
    },
  ])('names a cluster of MSK: $query', ({ query, auth, login }) => {
    expect(kafkaTarget(`msk:${CLUSTER}${query}`)).toEqual({
      brokers: { arn: CLUSTER, auth },
      security: login ? { login } : {},
    })
  })

  it.each([
    ['http://a:1', 'a Kafka URL is'],
    ['kafka://', 'host:port'],
    ['kafka://a', 'host:port'],
    ['kafka://a:9092,', 'host:port'],
    ['kafka://a:9092/topic', 'host:port'],
    // kafkajs can't: it takes what stands before the first colon for the host.
    ['kafka://[::1]:9092', 'host:port'],
    ['kafka://u:hush@a:1', 'kafkas://'],
    ['kafka://a:1?ca=/x', 'no parameter ca'],
    ['kafkas://a:1?tls=1', 'no parameter tls'],
    ['kafkas://u:hush@a:1?auth=iam', 'exclude each other'],
    [`kafkas://u:hush@a:1?secret=${SECRET}`, 'exclude each other'],
    ['kafkas://u@a:1', 'needs a password'],
    ['kafkas://u:@a:1', 'needs a password'],
    ['kafkas://a:1?mechanism=plain', 'needs a user'],
    ['kafkas://u:hush@a:1?mechanism=gssapi', 'none of scram-sha-512'],
    ['kafkas://a:1?secret=hush', 'ARN'],
    ['kafkas://a:1?auth=iam', 'region='],
    ['kafkas://a:1?auth=ldap', 'auth=ldap'],
    ['kafkas://a:1?region=x', 'auth=iam'],
    ['kafkas://a:1?ca=', 'ca='],
    [`msk:${CLUSTER}`, 'needs auth='],
    [`msk:${CLUSTER}?auth=scram`, 'go together'],
    [`msk:${CLUSTER}?auth=iam&secret=${SECRET}`, 'go together'],
    ['msk:arn:aws:kafka:eu:1:topic/x?auth=iam', 'ARN of an MSK cluster'],
    [`msk://${CLUSTER}?auth=iam`, 'ARN of an MSK cluster'],
  ])('is refused as %s, without saying its password', (url, why) => {
    const refused = expect(() => kafkaTarget(url))
    refused.toThrow(
      expect.objectContaining({ kind: 'InvalidInput', message: expect.stringContaining(why) }),
    )
    refused.not.toThrow('hush')
  })
})

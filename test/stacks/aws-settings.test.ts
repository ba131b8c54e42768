import { describe, expect, it } from 'vitest'
import { readSettings, zoneCount } from '#stacks/settings.ts'

const secret = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:name-a1b2c3'
const read = (context: Record<string, unknown>) => readSettings(context, ['stage', 'waf'])
const brokers = {
  broker: 'own',
  brokers: 'b1:9096',
  brokersSecret: secret,
  brokersCidr: '10.1.0.0/16',
}

describe('the settings of the aws stage', () => {
  it('have defaults for all but what only the one who deploys can know', () => {
    expect(read({})).toMatchObject({
      broker: 'serverless',
      nat: 'none',
      pollers: 'provisioned',
      databaseMinAcu: 0.5,
      databaseMaxAcu: 8,
      consul: 'none',
      removal: 'keep',
      logDays: 30,
      tracing: 'xray',
    })
  })

  it('may be text, as -c gives them, or numbers, as cdk.json does', () => {
    expect(read({ databaseReaders: '2', logDays: '7' })).toMatchObject({
      databaseReaders: 2,
      logDays: 7,
    })
    expect(read({ databaseReaders: 2, logDays: 7 })).toMatchObject({
      databaseReaders: 2,
      logDays: 7,
    })
  })

  it('leave alone what CDK keeps in the context, and what others read', () => {
    const given = {
      stage: 'aws',
      waf: 'on',
      '@aws-cdk/core:explicitStackTags': true,
      'aws:cdk:enable-path-metadata': true,
      'acknowledged-issue-numbers': [34892],
    }
    expect(read(given)).toEqual(read({}))
  })

  it('have three zones for Express brokers, two else, or those that are named', () => {
    expect(zoneCount(read({}))).toBe(2)
    expect(zoneCount(read({ zones: '3' }))).toBe(3)
    expect(zoneCount(read({ broker: 'express' }))).toBe(3)
    expect(zoneCount(read({ zoneNames: 'eu-west-1a, eu-west-1c' }))).toBe(2)
  })

  it('name everything that is wrong at once', () => {
    const wrong = { brokr: 'express', zones: '4', logDays: '31', nat: 'maybe' }
    expect(() => read(wrong)).toThrow(
      expect.objectContaining({
        kind: 'InvalidInput',
        message: expect.stringMatching(
          /brokr: there is no such setting(.|\n)*zones(.|\n)*nat(.|\n)*logDays/,
        ),
      }),
    )
  })

  it.each([
    [{ broker: 'express', zones: '2' }, 'three zones'],
    [{ broker: 'express', expressBrokers: '4' }, 'expressBrokers'],
    [{ expressScram: 'on' }, 'needs broker=express'],
    [{ broker: 'own' }, 'needs brokers, brokersSecret and brokersCidr'],
    [{ ...brokers, broker: 'serverless' }, 'brokers needs broker=own'],
    [{ ...brokers, brokers: 'b1' }, 'host:port'],
    [{ ...brokers, brokersSecret: secret.slice(0, -7) }, "not a secret's whole ARN"],
    [{ vpcCidr: '10.0.0.0/24' }, '/16 to /18'],
    [{ vpcCidr: '100.64.0.0/16' }, 'private addresses'],
    [{ databaseMinAcu: '9' }, 'above databaseMaxAcu'],
    [{ databaseMaxAcu: '1.2' }, 'databaseMaxAcu'],
    [{ zones: '2', zoneNames: 'a,b' }, 'one or the other'],
    [{ zoneNames: 'a' }, 'two or three zones'],
    [{ consul: 'address' }, 'needs consulAddress'],
    [{ consulAddress: 'https://consul:8501' }, 'needs consul=address'],
    [{ consul: 'fargate', nat: 'one' }, 'consulTls'],
    [{ consul: 'fargate', consulTls: secret, consulCa: secret }, 'needs nat'],
    [{ tracing: 'otel' }, 'otelLayer'],
    [{ azs: '2' }, 'azs: there is no such setting'],
  ])('refuse %o', (context, complaint) => {
    expect(() => read(context)).toThrow(complaint)
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Duration } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { afterAll, expect, it } from 'vitest'
import { BridgeStack } from '#stacks/bridge-stack.ts'
import { Consumer } from '#stacks/constructs/consumer.ts'
import { ServiceFunction } from '#stacks/constructs/service-function.ts'
import { readSettings } from '#stacks/settings.ts'
import type { Properties } from './stage-templates.ts'

const bundle = mkdtempSync(join(tmpdir(), 'omninode-consumer-'))
afterAll(() => rmSync(bundle, { recursive: true, force: true }))

const topic = { name: 'hooks.custom', partitions: 4, retentionMs: 1, carries: 'anything' }

/** What becomes of one mapping with these settings. */
function mapping(
  given: Record<string, unknown>,
  props: Partial<ConstructorParameters<typeof Consumer>[2]> = {},
): Properties {
  const context = {
    stage: 'aws' as const,
    bundles: () => bundle,
    settings: readSettings(given, []),
  }
  const stack = new BridgeStack(new App(), 'test', context, 'a consumer')
  const { surroundings } = stack
  const target = new ServiceFunction(stack, 'Reader', {
    ...context,
    surroundings,
    name: 'reader',
    impact: 'Nothing is read.',
    environment: {},
    timeout: Duration.seconds(10),
  })
  new Consumer(stack, 'Consumer', {
    target,
    broker: surroundings.broker,
    stage: 'aws',
    batchSize: 50,
    topics: [topic],
    ...props,
  })
  const found = Template.fromStack(stack).findResources('AWS::Lambda::EventSourceMapping')
  return Object.values(found)[0]?.Properties
}

it('limits provisioned pollers to the partitions there are, in the group that all share', () => {
  expect(mapping({})).toMatchObject({
    Topics: ['hooks.custom'],
    AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'reader-hooks.custom' },
    ProvisionedPollerConfig: {
      MinimumPollers: 1,
      MaximumPollers: 4,
      PollerGroupName: 'omninode-bridge',
    },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    DestinationConfig: { OnFailure: { Destination: 'kafka://dlq.hooks.custom' } },
  })
})

it('begins, gathers and filters as its reader asks', () => {
  const asked = {
    startingPosition: 'LATEST',
    windowS: 2,
    filters: [{ value: { type: ['hooks.custom.seen'] } }],
  } as const
  expect(mapping({}, asked)).toMatchObject({
    StartingPosition: 'LATEST',
    BatchSize: 50,
    MaximumBatchingWindowInSeconds: 2,
    FilterCriteria: { Filters: [{ Pattern: '{"value":{"type":["hooks.custom.seen"]}}' }] },
  })
})

it.each([{}, { pollers: 'on-demand' }])(
  'has retry limits, partial failures, bisecting and dead letters if and only if its pollers are provisioned: %o',
  (given) => {
    const properties = mapping(given)
    const provisioned = 'ProvisionedPollerConfig' in properties
    expect(provisioned).toBe(!('pollers' in given))
    for (const name of [
      'MaximumRetryAttempts',
      'BisectBatchOnFunctionError',
      'FunctionResponseTypes',
      'DestinationConfig',
    ]) {
      expect([name, name in properties]).toEqual([name, provisioned])
    }
  },
)

it.each([
  ['scram-sha-512', 'SASL_SCRAM_512_AUTH'],
  ['scram-sha-256', 'SASL_SCRAM_256_AUTH'],
  ['plain', 'BASIC_AUTH'],
])('authenticates to brokers of others by %s as Lambda calls it', (brokersMechanism, type) => {
  const secret = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:name-a1b2c3'
  const own = {
    broker: 'own',
    brokers: 'b1:9096',
    brokersSecret: secret,
    brokersCidr: '10.1.0.0/16',
    brokersMechanism,
  }
  expect(mapping(own).SourceAccessConfigurations[0]).toEqual({ Type: type, URI: secret })
})

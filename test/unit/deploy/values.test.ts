import { describe, expect, it } from 'vitest'
import { parameterValues } from '#commands/deploy/values.ts'

describe('what templates of stage compose are told', () => {
  it('comes from the environment', () => {
    const environment = {
      KAFKA_BROKERS: 'one:9092,two:9092',
      DATABASE_URL: 'postgres://writer/db',
      DATABASE_READER_URL: 'postgres://reader/db',
      SOURCE_SECRETS_KEY: 'given',
    }
    expect(parameterValues(environment, () => 'kept')).toEqual({
      EventLogUrl: 'kafka://one:9092,two:9092',
      DatabaseUrl: 'postgres://writer/db',
      DatabaseReaderUrl: 'postgres://reader/db',
      SourceSecretsKey: 'given',
      BootstrapServers: 'one:9092,two:9092',
      DiscoveryUrl: 'postgres://writer/db',
      UpstreamNetworks: '',
      Zone: '',
    })
  })

  it('falls back on the writer for reading, and on a kept key', () => {
    const environment = {
      EVENT_LOG_URL: 'kafkas://user:pass@broker:9093?mechanism=scram-sha-512',
      DATABASE_URL: 'postgres://writer/db',
      DISCOVERY_URL: 'consul://consul:8500',
      UPSTREAM_NETWORKS: '10.0.0.0/8',
      ZONE: 'a',
    }
    expect(parameterValues(environment, () => 'kept')).toMatchObject({
      DatabaseReaderUrl: 'postgres://writer/db',
      SourceSecretsKey: 'kept',
      BootstrapServers: 'broker:9093',
      DiscoveryUrl: 'consul://consul:8500',
      UpstreamNetworks: '10.0.0.0/8',
      Zone: 'a',
    })
  })
})

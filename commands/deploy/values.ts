import { databaseUrl, eventLogUrl } from '../place.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * What the templates of stage `compose` are told of their surroundings, by the parameters' names.
 *
 * @param sourceSecretsKey the key that seals source secrets, when the environment names none
 */
export function parameterValues(
  environment: Environment,
  sourceSecretsKey: () => string,
): Readonly<Record<string, string>> {
  const log = eventLogUrl(environment)
  const database = databaseUrl(environment)
  return {
    EventLogUrl: log,
    DatabaseUrl: database,
    DatabaseReaderUrl: environment.DATABASE_READER_URL || database,
    SourceSecretsKey: environment.SOURCE_SECRETS_KEY || sourceSecretsKey(),
    BootstrapServers: brokersOf(log),
    DiscoveryUrl: environment.DISCOVERY_URL || database,
    UpstreamNetworks: environment.UPSTREAM_NETWORKS ?? '',
    Zone: environment.ZONE ?? '',
  }
}

/** `kafka://host:port,host:port` names brokers; a log of another kind has none. */
function brokersOf(url: string): string {
  return /^kafkas?:\/\/(?:[^@/?]*@)?([^/?]+)/.exec(url)?.[1] ?? ''
}

import { CfnParameter, type Stack } from 'aws-cdk-lib'
import type { StageName } from './stage.ts'
import type { Broker, Hosting, Surroundings } from './surroundings.ts'

const LOG_DAYS = 30

/** Values the one who deploys passes in: the local runtime, or the compose file's deploy step. */
export class ParameterSurroundings implements Surroundings {
  readonly hosting: Hosting
  readonly upstreamGroups = []
  readonly #stack: Stack

  constructor(stack: Stack, stage: StageName) {
    this.#stack = stack
    this.hosting = {
      tracing: 'off',
      logDays: LOG_DAYS,
      keepsFailedInvocations: stage !== 'local',
      databaseEnvironment: {},
    }
  }

  get eventLogUrl(): string {
    return this.#parameter('EventLogUrl', 'URL of the event log', true)
  }

  get databaseUrl(): string {
    return this.#parameter('DatabaseUrl', 'URL of the database, writer endpoint', true)
  }

  get databaseReaderUrl(): string {
    return this.#parameter('DatabaseReaderUrl', 'URL of the database, reader endpoint', true)
  }

  /** Functions connect as the owner here. */
  get databaseAdminUrl(): string {
    return this.databaseUrl
  }

  readonly databaseRole = ''

  get sourceSecretsKey(): string {
    return this.#parameter('SourceSecretsKey', 'Key that seals source secrets, base64', true)
  }

  get accessSnapshotUrl(): string {
    return this.#parameter('AccessSnapshotUrl', 'Where the snapshot of keys and sources lies')
  }

  get discoveryUrl(): string {
    return this.#parameter('DiscoveryUrl', 'URL of the directory of services', true)
  }

  get catalogUrl(): string {
    return this.#parameter('CatalogUrl', 'Folder that the catalog of services is published to')
  }

  get upstreamNetworks(): string {
    return this.#parameter('UpstreamNetworks', 'CIDR blocks that upstreams may stand in')
  }

  get zone(): string {
    return this.#parameter('Zone', 'Zone whose upstreams are preferred')
  }

  get queuesUrl(): string {
    return this.#parameter('QueuesUrl', 'The folder that holds a folder per queue')
  }

  get broker(): Broker {
    const read = () => this.#parameter('BootstrapServers', 'host:port of a broker')
    return {
      kind: 'self-managed',
      get bootstrapServers() {
        return [read()]
      },
      sourceAccess: [],
      pollers: 'provisioned',
    }
  }

  /** Who is told an address holds what it takes to use it: passwords stand in the URLs. */
  access() {
    return []
  }

  #parameter(id: string, description: string, noEcho = false): string {
    const existing = this.#stack.node.tryFindChild(id) as CfnParameter | undefined
    const parameter = existing ?? new CfnParameter(this.#stack, id, { description, noEcho })
    return parameter.valueAsString
  }
}

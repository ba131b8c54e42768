import { CfnParameter, SecretValue, type Stack } from 'aws-cdk-lib'
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import type { StageName } from './stage.ts'

/** What functions need to know of the world around them, as template values. */
export interface Surroundings {
  /** `postgres://...` or `kafka://host:port,host:port`. */
  readonly eventLogUrl: string
  /** The writer endpoint, with its password. */
  readonly databaseUrl: string
  readonly databaseReaderUrl: string
  /** 32 bytes base64: the key that seals source secrets. */
  readonly sourceSecretsKey: string
  /** Where the snapshot of keys and sources lies, when no bucket of ours holds it. */
  readonly accessSnapshotUrl: string
  /** The brokers that event source mappings read from. */
  readonly broker: Broker
}

/** An MSK cluster of this account, or brokers by address. */
export type Broker =
  | { readonly kind: 'msk'; readonly clusterArn: string }
  | { readonly kind: 'self-managed'; readonly bootstrapServers: string }

/** Where functions run when the database or the broker is not reachable from the outside. */
export type Network = Readonly<{
  vpc: IVpc
  subnets: SubnetSelection
  securityGroups: ISecurityGroup[]
}>

/** Names under which an account holds what the templates don't make. */
const SSM_PREFIX = '/omninode-bridge'
const SECRET_PREFIX = 'omninode-bridge'

/** A stack's view of the surroundings; each value becomes a parameter of the stack that reads it. */
export function surroundings(stack: Stack, stage: StageName): Surroundings {
  return stage === 'aws' ? new AccountSurroundings(stack) : new ParameterSurroundings(stack)
}

/** Values the one who deploys passes in: the local runtime, or the compose file's deploy step. */
class ParameterSurroundings implements Surroundings {
  readonly #stack: Stack

  constructor(stack: Stack) {
    this.#stack = stack
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

  get sourceSecretsKey(): string {
    return this.#parameter('SourceSecretsKey', 'Key that seals source secrets, base64', true)
  }

  get accessSnapshotUrl(): string {
    return this.#parameter('AccessSnapshotUrl', 'Where the snapshot of keys and sources lies')
  }

  get broker(): Broker {
    const read = () => this.#parameter('BootstrapServers', 'host:port of a broker')
    return {
      kind: 'self-managed',
      get bootstrapServers() {
        return read()
      },
    }
  }

  #parameter(id: string, description: string, noEcho = false): string {
    const existing = this.#stack.node.tryFindChild(id) as CfnParameter | undefined
    const parameter = existing ?? new CfnParameter(this.#stack, id, { description, noEcho })
    return parameter.valueAsString
  }
}

/** Values the account holds: addresses in Parameter Store, secrets in Secrets Manager. */
class AccountSurroundings implements Surroundings {
  readonly #stack: Stack

  constructor(stack: Stack) {
    this.#stack = stack
  }

  get eventLogUrl(): string {
    return this.#stored('event-log-url')
  }

  get databaseUrl(): string {
    return secret('database-url')
  }

  get databaseReaderUrl(): string {
    return secret('database-reader-url')
  }

  get sourceSecretsKey(): string {
    return secret('source-secrets-key')
  }

  get accessSnapshotUrl(): string {
    return this.#stored('access-snapshot-url')
  }

  get broker(): Broker {
    return { kind: 'msk', clusterArn: this.#stored('broker-cluster-arn') }
  }

  #stored(name: string): string {
    return StringParameter.valueForStringParameter(this.#stack, `${SSM_PREFIX}/${name}`)
  }
}

/**
 * CloudFormation puts the value in when it deploys; the template carries the reference alone. A
 * rotated secret reaches functions with the next deployment.
 */
function secret(name: string): string {
  return SecretValue.secretsManager(`${SECRET_PREFIX}/${name}`).unsafeUnwrap()
}

import { ArnFormat, type Stack } from 'aws-cdk-lib'
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { importedNetwork, importedSecurityGroup } from './imported-network.ts'
import { names } from './names.ts'
import { left, leftList } from './parameters.ts'
import { type Settings, zoneCount } from './settings.ts'
import type { Broker, Hosting, SourceAccess, Surroundings } from './surroundings.ts'

/** The authorities that RDS's certificates come from are in Lambda's runtime, but not in Node's list. */
const RDS_AUTHORITIES = '/var/runtime/ca-cert.pem'

/** How Lambda's pollers authenticate, by the name that Kafka has for it. */
const POLLER_AUTHENTICATION = {
  'scram-sha-512': 'SASL_SCRAM_512_AUTH',
  'scram-sha-256': 'SASL_SCRAM_256_AUTH',
  plain: 'BASIC_AUTH',
} as const

/** Values that the stacks of network, broker and database left in the account's Parameter Store. */
export class AccountSurroundings implements Surroundings {
  readonly databaseRole = names.databaseRole
  readonly #stack: Stack
  readonly #settings: Settings

  constructor(stack: Stack, settings: Settings) {
    this.#stack = stack
    this.#settings = settings
  }

  get eventLogUrl(): string {
    return left(this.#stack, 'event-log-url')
  }

  get databaseUrl(): string {
    return left(this.#stack, 'database-url')
  }

  get databaseReaderUrl(): string {
    return left(this.#stack, 'database-reader-url')
  }

  get databaseAdminUrl(): string {
    return left(this.#stack, 'database-admin-url')
  }

  get databaseAdminSecretArn(): string {
    return left(this.#stack, 'database-admin-secret-arn')
  }

  get sourceSecretsKey(): string {
    return `secret:${left(this.#stack, 'source-secrets-key-arn')}`
  }

  get accessSnapshotUrl(): string {
    throw new Error('the access snapshot lies in a bucket of the data stack here')
  }

  /** Without a Consul services are kept in the database. */
  get discoveryUrl(): string {
    return this.#settings.consul === 'none' ? this.databaseUrl : left(this.#stack, 'discovery-url')
  }

  get catalogUrl(): string {
    throw new Error('the catalog lies in a bucket of the data stack here')
  }

  get upstreamNetworks(): string {
    return this.#settings.upstreamNetworks
  }

  /** A function's environments stand in all zones, and none is told which is its own. */
  readonly zone = ''

  get queuesUrl(): string {
    throw new Error('queues are queues here')
  }

  get broker(): Broker {
    const { broker, brokers = [], pollers } = this.#settings
    if (broker === 'own') {
      const sourceAccess = this.#sourceAccess()
      return { kind: 'self-managed', bootstrapServers: brokers, sourceAccess, pollers }
    }
    return { kind: 'msk', clusterArn: left(this.#stack, 'broker-cluster-arn'), pollers }
  }

  get upstreamGroups(): readonly ISecurityGroup[] {
    return [importedSecurityGroup(this.#stack, 'upstreams')]
  }

  get hosting(): Hosting {
    const { tracing, otelLayer, logDays } = this.#settings
    return {
      network: {
        ...importedNetwork(this.#stack, this.#settings),
        securityGroups: [importedSecurityGroup(this.#stack, 'functions')],
      },
      tracing,
      ...(tracing === 'otel' && otelLayer ? { otelLayer } : {}),
      logDays,
      keepsFailedInvocations: true,
      databaseEnvironment: { NODE_EXTRA_CA_CERTS: RDS_AUTHORITIES },
    }
  }

  access(environment: Readonly<Record<string, string>>): readonly PolicyStatement[] {
    const told = (...variables: string[]) => variables.some((name) => name in environment)
    const secrets = [
      ...(told('EVENT_LOG_URL') ? this.#brokerSecrets : []),
      ...(told('DISCOVERY_URL') ? this.#consulSecrets : []),
      ...(told('SOURCE_SECRETS_KEY') ? [left(this.#stack, 'source-secrets-key-arn')] : []),
      ...(told('DATABASE_ADMIN_URL') ? [this.databaseAdminSecretArn] : []),
    ]
    const ownSecrets = told('SOURCE_SECRETS_KEY', 'DATABASE_ADMIN_URL')
    const inDatabase = this.#settings.consul === 'none' ? ['DISCOVERY_URL'] : []
    const onFargate = told('DISCOVERY_URL') && this.#settings.consul === 'fargate'
    return [
      ...(told('DATABASE_URL', 'DATABASE_READER_URL', ...inDatabase)
        ? [this.#connectToDatabase()]
        : []),
      ...(told('EVENT_LOG_URL') && this.#settings.broker !== 'own' ? [this.#findBrokers()] : []),
      ...(secrets.length > 0 ? [allow('secretsmanager:GetSecretValue', secrets)] : []),
      ...(ownSecrets ? [this.#decryptSecrets('secrets-encryption-key-arn')] : []),
      ...(onFargate ? [this.#decryptSecrets('consul-encryption-key-arn')] : []),
    ]
  }

  #connectToDatabase(): PolicyStatement {
    const cluster = left(this.#stack, 'database-resource-id')
    const resourceName = `${cluster}/${names.databaseRole}`
    const arn = this.#stack.formatArn({
      service: 'rds-db',
      resource: 'dbuser',
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    return allow('rds-db:connect', [arn])
  }

  #findBrokers(): PolicyStatement {
    return allow('kafka:GetBootstrapBrokers', [left(this.#stack, 'broker-cluster-arn')])
  }

  /** Through Secrets Manager alone: the key that encrypts the secrets encrypts other things too. */
  #decryptSecrets(key: `${'secrets' | 'consul'}-encryption-key-arn`): PolicyStatement {
    const statement = allow('kms:Decrypt', [left(this.#stack, key)])
    statement.addCondition('StringEquals', {
      'kms:ViaService': `secretsmanager.${this.#stack.region}.${this.#stack.urlSuffix}`,
    })
    return statement
  }

  get #brokerSecrets(): readonly string[] {
    const { broker, brokersSecret, brokersCa } = this.#settings
    if (broker !== 'own') return []
    return [brokersSecret, brokersCa].filter((arn) => arn !== undefined)
  }

  get #consulSecrets(): readonly string[] {
    const { consul, consulToken, consulCa } = this.#settings
    if (consul === 'none') return []
    const token = consul === 'fargate' ? left(this.#stack, 'consul-token-secret-arn') : consulToken
    return [token, consulCa].filter((arn) => arn !== undefined)
  }

  #sourceAccess(): readonly SourceAccess[] {
    const { brokersMechanism, brokersSecret = '', brokersCa } = this.#settings
    const group = left(this.#stack, 'security-group/functions')
    const subnets = leftList(this.#stack, 'subnet-ids', zoneCount(this.#settings))
    return [
      { type: POLLER_AUTHENTICATION[brokersMechanism], uri: brokersSecret },
      ...(brokersCa ? [{ type: 'SERVER_ROOT_CA_CERTIFICATE', uri: brokersCa }] : []),
      // As the developer guide writes them: "subnet:subnet-0123", "security_group:sg-0123".
      ...subnets.map((subnet) => ({ type: 'VPC_SUBNET', uri: `subnet:${subnet}` })),
      { type: 'VPC_SECURITY_GROUP', uri: `security_group:${group}` },
    ]
  }
}

function allow(action: string, resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions: [action], resources: [...resources] })
}

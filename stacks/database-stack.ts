import { type App, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { Key } from 'aws-cdk-lib/aws-kms'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import {
  AuroraPostgresEngineVersion,
  CaCertificate,
  ClusterInstance,
  type ClusterInstanceOptions,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseInsightsMode,
  type IClusterInstance,
  ParameterGroup,
  PerformanceInsightRetention,
} from 'aws-cdk-lib/aws-rds'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import { importedNetwork, importedSecurityGroup } from './imported-network.ts'
import { names } from './names.ts'
import { leave } from './parameters.ts'
import { removalPolicyOf } from './removal.ts'
import type { Settings } from './settings.ts'

const ENGINE = DatabaseClusterEngine.auroraPostgres({
  version: AuroraPostgresEngineVersion.VER_18_6,
})
const OWNER = 'postgres'
const PORT = 5432

/** A query that takes a second is worth a look; the recorder's largest batch takes some 100 ms. */
const SLOW_QUERY_MS = '1000'
/** A frozen function must not keep what its transaction locked; the longest function runs 60 s. */
const IDLE_TRANSACTION_MS = '90000'

type Insights = Pick<
  ClusterInstanceOptions,
  'enablePerformanceInsights' | 'performanceInsightEncryptionKey' | 'performanceInsightRetention'
>

/** What the bridge remembers, and the key that seals secrets in it: they live and end together. */
export class DatabaseStack extends BridgeStack {
  readonly #settings: Settings
  readonly #removalPolicy: RemovalPolicy

  constructor(app: App, context: StageContext) {
    super(app, 'database', context, 'what is remembered')
    this.#settings = context.settings
    this.#removalPolicy = removalPolicyOf(this.#settings)
    const key = new Key(this, 'Key', {
      description: 'OmniNode Bridge: database, its backups, and secrets',
      enableKeyRotation: true,
      removalPolicy: this.#removalPolicy,
    })
    const cluster = this.#cluster(key)
    this.#leaveAddresses(cluster)
    this.#sourceSecretsKey(key)
    leave(this, 'secrets-encryption-key-arn', key.keyArn, 'Encrypts secrets and the database')
  }

  #cluster(key: Key): DatabaseCluster {
    const settings = this.#settings
    const keeps = settings.removal === 'keep'
    const { vpc, subnets } = importedNetwork(this, settings)
    const advanced = settings.databaseInsights === 'advanced'
    const insights: Insights = {
      enablePerformanceInsights: true,
      performanceInsightEncryptionKey: key,
      // Seven days cost nothing.
      performanceInsightRetention: advanced
        ? PerformanceInsightRetention.MONTHS_15
        : PerformanceInsightRetention.DEFAULT,
    }
    // Made here, since the one that RDS makes keeps everything for ever.
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/rds/cluster/${names.databaseCluster}/postgresql`,
      retention: settings.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const cluster = new DatabaseCluster(this, 'Cluster', {
      clusterIdentifier: names.databaseCluster,
      engine: ENGINE,
      defaultDatabaseName: names.database,
      // RDS makes the owner's password and changes it every week.
      credentials: Credentials.fromUsername(OWNER, { encryptionKey: key }),
      manageMasterUserPassword: true,
      iamAuthentication: true,
      storageEncryptionKey: key,
      vpc,
      vpcSubnets: subnets,
      securityGroups: [importedSecurityGroup(this, 'database')],
      writer: instance('Writer', insights),
      readers: Array.from({ length: settings.databaseReaders }, (_, index) =>
        instance(`Reader${index + 1}`, insights, settings.databaseReaderScaling === 'with-writer'),
      ),
      serverlessV2MinCapacity: settings.databaseMinAcu,
      serverlessV2MaxCapacity: settings.databaseMaxAcu,
      parameterGroup: new ParameterGroup(this, 'Parameters', {
        engine: ENGINE,
        description: 'OmniNode Bridge',
        parameters: {
          'rds.force_ssl': '1',
          log_min_duration_statement: SLOW_QUERY_MS,
          // With a slow statement PostgreSQL logs all that it was given: events, word for word.
          log_parameter_max_length: '0',
          idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
        },
      }),
      backup: {
        retention: Duration.days(settings.databaseBackupDays),
        preferredWindow: '02:00-03:00',
      },
      preferredMaintenanceWindow: 'sun:03:30-sun:04:30',
      cloudwatchLogsExports: ['postgresql'],
      ...insights,
      databaseInsightsMode: advanced
        ? DatabaseInsightsMode.ADVANCED
        : DatabaseInsightsMode.STANDARD,
      deletionProtection: keeps,
      removalPolicy: keeps ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    })
    cluster.node.addDependency(logGroup)
    if (!keeps) {
      Validations.of(cluster).acknowledge({
        id: 'AwsSolutions-RDS10',
        reason: 'removal=delete asks for a deployment that can be thrown away.',
      })
    }
    return cluster
  }

  #leaveAddresses(cluster: DatabaseCluster): void {
    const url = (user: string, host: string, authentication: string) =>
      `postgres://${user}@${host}:${PORT}/${names.database}?${authentication}`
    const writer = cluster.clusterEndpoint.hostname
    const reader = cluster.clusterReadEndpoint.hostname
    const role = names.databaseRole
    const ownerSecret = cluster.secret?.secretArn ?? ''
    leave(this, 'database-url', url(role, writer, 'auth=iam'), 'Database, for those who write')
    leave(
      this,
      'database-reader-url',
      url(role, reader, 'auth=iam'),
      'Database, for those who read',
    )
    leave(
      this,
      'database-admin-url',
      url(OWNER, writer, `secret=${ownerSecret}`),
      'Database, for its owner',
    )
    leave(this, 'database-admin-secret-arn', ownerSecret, "The database owner's password")
    leave(this, 'database-resource-id', cluster.clusterResourceIdentifier, 'The cluster, to IAM')
  }

  /** 64 hex digits, 32 bytes: Secrets Manager generates characters, not bytes. */
  #sourceSecretsKey(encryptionKey: Key): void {
    const secret = new Secret(this, 'SourceSecretsKey', {
      secretName: 'omninode-bridge/source-secrets-key',
      description: "Seals the sources' signing secrets in the database; without it they are lost",
      encryptionKey,
      removalPolicy: this.#removalPolicy,
      generateSecretString: {
        passwordLength: 64,
        excludePunctuation: true,
        excludeUppercase: true,
        excludeCharacters: 'ghijklmnopqrstuvwxyz',
        requireEachIncludedType: false,
      },
    })
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'What it sealed opens with it alone: a new key means sealing every secret anew.',
    })
    leave(this, 'source-secrets-key-arn', secret.secretArn, "Key that seals sources' secrets")
  }
}

/** A reader that scales with the writer can take its place at once; one that does not costs less. */
function instance(id: string, insights: Insights, scaleWithWriter?: boolean): IClusterInstance {
  return ClusterInstance.serverlessV2(id, {
    caCertificate: CaCertificate.RDS_CA_RSA2048_G1,
    publiclyAccessible: false,
    autoMinorVersionUpgrade: true,
    ...insights,
    ...(scaleWithWriter === undefined ? {} : { scaleWithWriter }),
  })
}

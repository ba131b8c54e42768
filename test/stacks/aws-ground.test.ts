import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stack } from 'aws-cdk-lib'
import { afterAll, describe, expect, it } from 'vitest'
import { buildApp } from '#stacks/synthesise.ts'
import { type Found, type Properties, stageResources } from './stage-templates.ts'

const secret = (name: string) =>
  `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-a1b2c3`
const of = (resources: readonly Found[], type: string) =>
  resources.filter((one) => one.Type === type)
const propertiesOf = (resources: readonly Found[], type: string): Properties[] =>
  of(resources, type).map(({ Properties: properties }) => properties)
const kafkaMappings = (resources: readonly Found[]) =>
  propertiesOf(resources, 'AWS::Lambda::EventSourceMapping').filter(({ Topics }) => Topics)
/** Values left for other stacks, by the name they are left under. */
const leftIn = (resources: readonly Found[]): Properties =>
  Object.fromEntries(
    propertiesOf(resources, 'AWS::SSM::Parameter').map(({ Name, Value }) => [
      String(Name).replace('/omninode-bridge/', ''),
      Value,
    ]),
  )
const egressOf = (resources: readonly Found[]): Properties[] => [
  ...propertiesOf(resources, 'AWS::EC2::SecurityGroupEgress'),
  ...propertiesOf(resources, 'AWS::EC2::SecurityGroup').flatMap(
    ({ SecurityGroupEgress = [] }) => SecurityGroupEgress,
  ),
]
const servicesOf = (resources: readonly Found[]) =>
  propertiesOf(resources, 'AWS::EC2::VPCEndpoint')
    .filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface')
    .map(({ ServiceName }) => JSON.stringify(ServiceName).replace(/^.*"\.([a-z.-]+)"\]\]\}$/, '$1'))
    .sort()

describe('the ground of the aws stage', () => {
  const resources = stageResources('aws')
  const left = leftIn(resources)

  it('has private subnets in two zones and no way to the internet', () => {
    expect(of(resources, 'AWS::EC2::Subnet')).toHaveLength(2)
    for (const { MapPublicIpOnLaunch } of propertiesOf(resources, 'AWS::EC2::Subnet')) {
      expect(MapPublicIpOnLaunch).toBe(false)
    }
    expect(of(resources, 'AWS::EC2::InternetGateway')).toEqual([])
    expect(of(resources, 'AWS::EC2::NatGateway')).toEqual([])
  })

  it('reaches the services that are called, and no others', () => {
    expect(servicesOf(resources)).toEqual(['kafka', 'secretsmanager', 'sqs'])
    const gateways = propertiesOf(resources, 'AWS::EC2::VPCEndpoint').filter(
      ({ VpcEndpointType }) => VpcEndpointType === 'Gateway',
    )
    expect(gateways).toHaveLength(1)
  })

  it('lets nothing in from addresses, and out to addresses for S3 alone', () => {
    const groups = propertiesOf(resources, 'AWS::EC2::SecurityGroup')
    expect(groups.flatMap(({ SecurityGroupIngress = [] }) => SecurityGroupIngress)).toEqual([])
    for (const ingress of propertiesOf(resources, 'AWS::EC2::SecurityGroupIngress')) {
      expect(ingress).toHaveProperty('SourceSecurityGroupId')
      expect(ingress).not.toHaveProperty('CidrIp')
    }
    const toAddresses = groups
      .flatMap(({ SecurityGroupEgress = [] }) => SecurityGroupEgress)
      .filter(({ CidrIp }: Properties) => CidrIp !== '255.255.255.255/32')
    expect(toAddresses).toEqual([
      expect.objectContaining({ CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 }),
    ])
  })

  it('opens one port from functions to brokers, database and endpoints each', () => {
    const ports = propertiesOf(resources, 'AWS::EC2::SecurityGroupIngress').map(
      ({ FromPort, ToPort }) => [FromPort, ToPort],
    )
    expect(ports.sort()).toEqual([
      [443, 443],
      [5432, 5432],
      [9098, 9098],
      // Lambda's pollers stand in the brokers' own group.
      [9098, 9098],
    ])
  })

  it('logs what was refused', () => {
    expect(propertiesOf(resources, 'AWS::EC2::FlowLog')).toMatchObject([{ TrafficType: 'REJECT' }])
  })

  it('makes MSK Serverless with IAM, and says where the log is without naming brokers', () => {
    expect(propertiesOf(resources, 'AWS::MSK::ServerlessCluster')).toMatchObject([
      { ClientAuthentication: { Sasl: { Iam: { Enabled: true } } } },
    ])
    expect(JSON.stringify(left['event-log-url'])).toMatch(
      /^\{"Fn::Join":\["",\["msk:",\{"Ref":"Serverless"\},"\?auth=iam"\]\]\}$/,
    )
    expect(of(resources, 'AWS::MSK::ServerlessCluster')[0]?.DeletionPolicy).toBe(
      'RetainExceptOnCreate',
    )
  })

  it('makes an encrypted database with a writer and a reader that can take its place', () => {
    const [cluster] = propertiesOf(resources, 'AWS::RDS::DBCluster')
    expect(cluster).toMatchObject({
      Engine: 'aurora-postgresql',
      EnableIAMDatabaseAuthentication: true,
      ManageMasterUserPassword: true,
      StorageEncrypted: true,
      DeletionProtection: true,
      BackupRetentionPeriod: 7,
      EnableCloudwatchLogsExports: ['postgresql'],
      ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 8 },
    })
    expect(cluster).not.toHaveProperty('MasterUserPassword')
    expect(of(resources, 'AWS::RDS::DBCluster')[0]?.DeletionPolicy).toBe('Snapshot')
    const tiers = propertiesOf(resources, 'AWS::RDS::DBInstance').map(
      ({ PromotionTier }) => PromotionTier,
    )
    expect(tiers).toEqual([0, 1])
    const [group] = propertiesOf(resources, 'AWS::RDS::DBClusterParameterGroup')
    expect(group?.Parameters['rds.force_ssl']).toBe('1')
  })

  it('logs slow statements without what they were given', () => {
    const [group] = propertiesOf(resources, 'AWS::RDS::DBClusterParameterGroup')
    expect(group?.Parameters).toMatchObject({
      log_min_duration_statement: '1000',
      log_parameter_max_length: '0',
    })
  })

  it('forgets the database log after a month', () => {
    const [group] = propertiesOf(resources, 'AWS::Logs::LogGroup').filter(
      ({ LogGroupName }) => LogGroupName === '/aws/rds/cluster/omninode-bridge/postgresql',
    )
    expect(group?.RetentionInDays).toBe(30)
  })

  it('leaves addresses with IAM for functions and with a secret for the owner', () => {
    const url = (name: string) => JSON.stringify(left[name])
    expect(url('database-url')).toMatch(/"postgres:\/\/bridge@",.*:5432\/omninode\?auth=iam"/)
    expect(url('database-reader-url')).toContain('ReadEndpoint.Address')
    expect(url('database-admin-url')).toMatch(/"postgres:\/\/postgres@",.*\?secret=",/)
    expect(url('database-admin-url')).toContain('MasterUserSecret.SecretArn')
  })

  it('generates a sealing key of 64 hex digits', () => {
    const [key] = propertiesOf(resources, 'AWS::SecretsManager::Secret')
    const { GenerateSecretString: generate } = key ?? {}
    expect(generate).toMatchObject({
      PasswordLength: 64,
      ExcludePunctuation: true,
      ExcludeUppercase: true,
    })
    const left = [...'abcdefghijklmnopqrstuvwxyz'].filter(
      (letter) => !generate?.ExcludeCharacters.includes(letter),
    )
    expect(left.join('')).toBe('abcdef')
  })

  it('has no Consul, and says so', () => {
    expect(left['consul-url']).toBe('none')
    expect(resources.filter(({ Type }) => /ECS|EFS/.test(Type))).toEqual([])
  })
})

describe('MSK with Express brokers', () => {
  const resources = stageResources('aws', {
    broker: 'express',
    expressScram: 'on',
    databaseReaders: '2',
    databaseReaderScaling: 'independent',
    nat: 'each-zone',
  })

  it('has three brokers in three zones, over TLS alone, with a log', () => {
    const [cluster] = propertiesOf(resources, 'AWS::MSK::Cluster')
    expect(cluster).toMatchObject({
      NumberOfBrokerNodes: 3,
      BrokerNodeGroupInfo: { InstanceType: 'express.m7g.large' },
      ClientAuthentication: {
        Sasl: { Iam: { Enabled: true }, Scram: { Enabled: true } },
        Unauthenticated: { Enabled: false },
      },
      EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
      LoggingInfo: { BrokerLogs: { CloudWatchLogs: { Enabled: true } } },
      // ProduceThrottleTime, which an alarm watches, is told from this level on.
      EnhancedMonitoring: 'PER_BROKER',
    })
    expect(cluster?.BrokerNodeGroupInfo.ClientSubnets).toHaveLength(3)
    // Express brokers have no volumes of their own.
    expect(cluster?.BrokerNodeGroupInfo).not.toHaveProperty('StorageInfo')
  })

  it('has a user for others as MSK wants it: named AmazonMSK_, with a key of our own', () => {
    const [user] = propertiesOf(resources, 'AWS::SecretsManager::Secret').filter(({ Name }) =>
      String(Name).startsWith('AmazonMSK_'),
    )
    expect(user?.KmsKeyId).toBeDefined()
    expect(of(resources, 'AWS::MSK::BatchScramSecret')).toHaveLength(1)
    const scram = propertiesOf(resources, 'AWS::EC2::SecurityGroup')
      .flatMap(({ SecurityGroupIngress = [] }) => SecurityGroupIngress)
      .map(({ CidrIp, FromPort }: Properties) => [CidrIp, FromPort])
    expect(scram).toEqual([['10.80.0.0/16', 9096]])
  })

  it('scales readers on their own', () => {
    const tiers = propertiesOf(resources, 'AWS::RDS::DBInstance').map(
      ({ PromotionTier }) => PromotionTier,
    )
    expect(tiers).toEqual([0, 2, 2])
  })

  it('goes out by a NAT gateway in each zone, and needs no interface endpoint', () => {
    expect(of(resources, 'AWS::EC2::NatGateway')).toHaveLength(3)
    expect(servicesOf(resources)).toEqual([])
  })
})

describe('brokers of others', () => {
  const resources = stageResources('aws', {
    broker: 'own',
    brokers: 'b1.example.com:9096,b2.example.com:9096',
    brokersSecret: secret('user'),
    brokersCa: secret('ca'),
    brokersCidr: '10.1.0.0/16',
  })

  it('makes no cluster and says where the log is, with secrets by ARN', () => {
    expect(resources.filter(({ Type }) => Type.startsWith('AWS::MSK::'))).toEqual([])
    expect(leftIn(resources)['event-log-url']).toBe(
      `kafkas://b1.example.com:9096,b2.example.com:9096?mechanism=scram-sha-512&secret=${secret('user')}&ca=${secret('ca')}`,
    )
  })

  it('polls them from the private subnets with the user and the authority', () => {
    for (const mapping of kafkaMappings(resources)) {
      expect(mapping).not.toHaveProperty('EventSourceArn')
      expect(mapping.SelfManagedEventSource.Endpoints.KafkaBootstrapServers).toEqual([
        'b1.example.com:9096',
        'b2.example.com:9096',
      ])
      expect(mapping.SourceAccessConfigurations.map(({ Type }: Properties) => Type)).toEqual([
        'SASL_SCRAM_512_AUTH',
        'SERVER_ROOT_CA_CERTIFICATE',
        'VPC_SUBNET',
        'VPC_SUBNET',
        'VPC_SECURITY_GROUP',
      ])
      const within = JSON.stringify(mapping.SourceAccessConfigurations)
      expect(within.match(/\["subnet:",/g)).toHaveLength(2)
      expect(within).toContain('["security_group:",')
    }
  })

  it('lets those read the secrets that poll or append, and grants nothing on MSK', () => {
    const policies = of(resources, 'AWS::IAM::Policy')
    for (const name of ['HookReceiver', 'EventRecorder', 'PatternProcessor']) {
      const policy = policies.find(({ id }) => id.startsWith(name))
      expect(JSON.stringify(policy)).toContain(secret('user'))
    }
    expect(JSON.stringify(policies)).not.toMatch(/"kafka(-cluster)?:/)
    // Who tells of refusals appends, and reads no other secret for that.
    const live = JSON.stringify(policies.find(({ id }) => id.startsWith('Live')))
    expect(live.match(/arn:aws:secretsmanager:[^"]+/g)).toEqual([secret('ca'), secret('user')])
  })

  it('lets functions reach their addresses on their port', () => {
    const egress = egressOf(resources)
    expect(egress).toContainEqual(
      expect.objectContaining({ CidrIp: '10.1.0.0/16', FromPort: 9096, ToPort: 9096 }),
    )
    expect(servicesOf(resources)).toEqual(['secretsmanager', 'sqs'])
  })
})

describe('a deployment to be thrown away', () => {
  const resources = stageResources('aws', {
    pollers: 'on-demand',
    removal: 'delete',
    databaseReaders: '0',
    databaseMinAcu: '0',
    logDays: '7',
    tracing: 'off',
  })

  it('asks pollers on demand for nothing that provisioned ones alone can do', () => {
    const mappings = kafkaMappings(resources)
    expect(mappings.length).toBeGreaterThan(0)
    for (const mapping of mappings) {
      expect(Object.keys(mapping)).not.toEqual(expect.arrayContaining(['ProvisionedPollerConfig']))
      for (const name of [
        'MaximumRetryAttempts',
        'MaximumRecordAgeInSeconds',
        'BisectBatchOnFunctionError',
        'FunctionResponseTypes',
        'DestinationConfig',
      ]) {
        expect(mapping).not.toHaveProperty(name)
      }
      expect(mapping).toMatchObject({ StartingPosition: 'TRIM_HORIZON' })
    }
  })

  it('gives those pollers the way to Lambda and STS that they need', () => {
    expect(servicesOf(resources)).toEqual(['kafka', 'lambda', 'secretsmanager', 'sqs', 'sts'])
  })

  it('leaves nothing behind', () => {
    for (const { Type, DeletionPolicy } of resources) {
      if (
        /^AWS::(KMS::Key|SecretsManager::Secret|RDS::DBCluster|MSK::ServerlessCluster)$/.test(Type)
      ) {
        expect([Type, DeletionPolicy]).toEqual([Type, 'Delete'])
      }
    }
    expect(propertiesOf(resources, 'AWS::RDS::DBCluster')).toMatchObject([
      { DeletionProtection: false, ServerlessV2ScalingConfiguration: { MinCapacity: 0 } },
    ])
  })
})

describe('Consul on Fargate', () => {
  const given = {
    consul: 'fargate',
    consulTls: secret('tls'),
    consulCa: secret('ca'),
    consulImage: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/consul:1.16.6',
  }
  const resources = stageResources('aws', given)
  const [task] = propertiesOf(resources, 'AWS::ECS::TaskDefinition')
  const [container] = task?.ContainerDefinitions ?? []

  it('is one arm64 server, never two on the same files', () => {
    expect(task).toMatchObject({
      Cpu: '256',
      Memory: '512',
      RuntimePlatform: { CpuArchitecture: 'ARM64' },
    })
    expect(propertiesOf(resources, 'AWS::ECS::Service')).toMatchObject([
      {
        DesiredCount: 1,
        DeploymentConfiguration: { MinimumHealthyPercent: 0, MaximumPercent: 100 },
        NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } },
      },
    ])
  })

  it('keeps its files encrypted, reached with TLS and IAM', () => {
    expect(propertiesOf(resources, 'AWS::EFS::FileSystem')).toMatchObject([
      { Encrypted: true, BackupPolicy: { Status: 'ENABLED' } },
    ])
    expect(task?.Volumes).toMatchObject([
      {
        EFSVolumeConfiguration: {
          TransitEncryption: 'ENABLED',
          AuthorizationConfig: { IAM: 'ENABLED' },
        },
      },
    ])
  })

  it('takes certificates, gossip key and token from secrets, never from the template', () => {
    expect(container.Secrets.map(({ Name }: Properties) => Name).sort()).toEqual([
      'GOSSIP_KEY',
      'TLS_CA',
      'TLS_CERTIFICATE',
      'TLS_KEY',
      'TOKEN',
    ])
    expect(container.Environment).toBeUndefined()
  })

  it('denies what no token allows, and speaks TLS to others', () => {
    const script = String(container.Command)
    const [, json = ''] = /'(\{"server".*\})'/.exec(script) ?? []
    expect(JSON.parse(json)).toMatchObject({
      acl: { enabled: true, default_policy: 'deny' },
      addresses: { http: '127.0.0.1' },
      ports: { https: 8501 },
      tls: { internal_rpc: { verify_incoming: true, verify_server_hostname: true } },
    })
  })

  it('may pull that image from the account', () => {
    const policy = of(resources, 'AWS::IAM::Policy').find(({ id }) =>
      id.startsWith('ServerTaskExecutionRole'),
    )
    const statements: Properties[] = policy?.Properties.PolicyDocument.Statement ?? []
    const pull = statements.find(({ Action }) => Action.includes('ecr:BatchGetImage'))
    expect(JSON.stringify(pull?.Resource)).toContain(
      ':ecr:eu-west-1:111122223333:repository/consul"',
    )
    expect(statements).toContainEqual(
      expect.objectContaining({ Action: 'ecr:GetAuthorizationToken' }),
    )
  })

  it('pulls an image of the account without a way to the internet', () => {
    expect(servicesOf(resources)).toEqual([
      'ecr.api',
      'ecr.dkr',
      'kafka',
      'logs',
      'secretsmanager',
      'sqs',
    ])
  })

  it('leaves its address, its token and its authority', () => {
    const left = leftIn(resources)
    expect(left['consul-url']).toBe('https://consul.omninode.internal:8501')
    expect(left['consul-token-secret-arn']).toHaveProperty('Ref')
    expect(left['consul-ca-secret-arn']).toBe(secret('ca'))
    const [, parts] = left['discovery-url']['Fn::Join']
    expect(parts).toEqual([
      'consul://consul.omninode.internal:8501?tls=on&token=secret:',
      left['consul-token-secret-arn'],
      `&ca=${secret('ca')}`,
    ])
  })

  it('lets those read its token and authority that are told of it, through its own key', () => {
    const policies = of(resources, 'AWS::IAM::Policy')
    const policyOf = (name: string) =>
      JSON.stringify(policies.find(({ id }) => id.startsWith(name)))
    expect(policyOf('ServiceRegistry')).toContain(secret('ca'))
    expect(policyOf('ServiceRegistry')).toContain('consultokensecretarn')
    expect(policyOf('ServiceRegistry')).toContain('consulencryptionkeyarn')
    expect(policyOf('ServiceRegistry')).not.toContain('rds-db:connect')
    expect(policyOf('Live')).not.toContain('consul')
  })
})

describe('no Consul', () => {
  const resources = stageResources('aws')

  it('means that services are kept in the database', () => {
    const policies = of(resources, 'AWS::IAM::Policy')
    const registry = policies.find(({ id }) => id.startsWith('ServiceRegistry'))
    expect(JSON.stringify(registry)).toContain('rds-db:connect')
    expect(JSON.stringify(registry)).not.toContain('secretsmanager')
    expect(leftIn(resources)).not.toHaveProperty('discovery-url')
    const environment = propertiesOf(resources, 'AWS::Lambda::Function').find(
      ({ FunctionName }) => FunctionName === 'service-registry',
    )?.Environment.Variables
    expect(JSON.stringify(environment.DISCOVERY_URL)).toContain('databaseurl')
    expect(environment).toMatchObject({
      UPSTREAM_NETWORKS: '',
      NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem',
    })
  })
})

describe('a Consul by address', () => {
  const resources = stageResources('aws', {
    consul: 'address',
    consulAddress: 'https://consul.example.com:8501',
    consulToken: secret('token'),
    consulCidr: '10.2.0.0/16',
    s3PrefixList: 'pl-6da54004',
  })

  it('is left as it was given, and functions may reach it', () => {
    expect(leftIn(resources)).toMatchObject({
      'consul-url': 'https://consul.example.com:8501',
      'consul-token-secret-arn': secret('token'),
      'discovery-url': `consul://consul.example.com:8501?tls=on&token=secret:${secret('token')}`,
    })
    const egress = egressOf(resources)
    expect(egress).toContainEqual(
      expect.objectContaining({ CidrIp: '10.2.0.0/16', FromPort: 8501 }),
    )
  })

  it('reaches nothing but S3 by public addresses where its prefix list is named', () => {
    const egress = egressOf(resources)
    expect(egress.filter(({ CidrIp }: Properties) => CidrIp === '0.0.0.0/0')).toEqual([])
    expect(egress).toContainEqual(
      expect.objectContaining({ DestinationPrefixListId: 'pl-6da54004', FromPort: 443 }),
    )
  })
})

describe('the order of deployment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'omninode-order-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('has the ground before the data, and the data with its provisioner before every other function', () => {
    const bundle = join(folder, 'bundle')
    mkdirSync(bundle)
    const app = buildApp({ stage: 'aws', bundles: () => bundle }, join(folder, 'out'))
    const stack = (id: string) => app.node.findChild(id) as Stack
    const earlier = (id: string) => stack(id).dependencies.map(({ node }) => node.id)
    for (const id of ['broker', 'database', 'discovery']) expect(earlier(id)).toEqual(['network'])
    expect(earlier('data').sort()).toEqual(['broker', 'database', 'discovery', 'network'])
    for (const id of ['intake', 'processing', 'insight']) expect(earlier(id)).toContain('data')
  })
})

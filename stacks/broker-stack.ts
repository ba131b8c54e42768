import { type App, RemovalPolicy } from 'aws-cdk-lib'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { CfnCluster, CfnServerlessCluster } from 'aws-cdk-lib/aws-msk'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import { ScramUser } from './constructs/scram-user.ts'
import { names } from './names.ts'
import { leave, left, leftList } from './parameters.ts'
import { removalPolicyOf } from './removal.ts'
import { type Settings, zoneCount } from './settings.ts'

/** Express brokers run what MSK recommends of the versions they know (3.6, 3.8, 3.9). */
const KAFKA_VERSION = '3.8.x'

/** The event log: MSK, serverless or with Express brokers, or somebody else's brokers by address. */
export class BrokerStack extends BridgeStack {
  readonly #settings: Settings

  constructor(app: App, context: StageContext) {
    super(app, 'broker', context, 'the event log')
    const { settings } = context
    this.#settings = settings
    if (settings.broker === 'own') {
      leave(this, 'event-log-url', ownBrokersUrl(settings), 'URL of the event log')
      return
    }
    const cluster = settings.broker === 'express' ? this.#express(settings) : this.#serverless()
    cluster.applyRemovalPolicy(removalPolicyOf(settings))
    // The brokers' addresses are no attribute of a cluster: whoever connects asks MSK for them.
    leave(this, 'event-log-url', `msk:${cluster.ref}?auth=iam`, 'URL of the event log')
    leave(this, 'broker-cluster-arn', cluster.ref, 'The MSK cluster')
  }

  #serverless(): CfnServerlessCluster {
    return new CfnServerlessCluster(this, 'Serverless', {
      clusterName: names.broker,
      clientAuthentication: { sasl: { iam: { enabled: true } } },
      vpcConfigs: [{ subnetIds: this.#subnets, securityGroups: [this.#securityGroup] }],
    })
  }

  #express(settings: Settings): CfnCluster {
    const scram = settings.expressScram === 'on'
    const logGroup = new LogGroup(this, 'Logs', {
      retention: settings.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const cluster = new CfnCluster(this, 'Express', {
      clusterName: names.broker,
      kafkaVersion: KAFKA_VERSION,
      numberOfBrokerNodes: settings.expressBrokers,
      brokerNodeGroupInfo: {
        instanceType: settings.expressInstance,
        clientSubnets: this.#subnets,
        securityGroups: [this.#securityGroup],
      },
      clientAuthentication: {
        sasl: { iam: { enabled: true }, scram: { enabled: scram } },
        unauthenticated: { enabled: false },
      },
      // What brokers hold back (alarm broker-throttled) is not told at the level that costs nothing.
      enhancedMonitoring: 'PER_BROKER',
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
      loggingInfo: {
        brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: logGroup.logGroupName } },
      },
    })
    if (scram) new ScramUser(this, 'ScramUser', cluster.ref, settings)
    return cluster
  }

  get #subnets(): string[] {
    return [...leftList(this, 'subnet-ids', zoneCount(this.#settings))]
  }

  get #securityGroup(): string {
    return left(this, 'security-group/brokers')
  }
}

/** ARNs need no encoding in a query. */
function ownBrokersUrl(settings: Settings): string {
  const { brokers = [], brokersMechanism, brokersSecret, brokersCa } = settings
  const ca = brokersCa ? `&ca=${brokersCa}` : ''
  return `kafkas://${brokers.join(',')}?mechanism=${brokersMechanism}&secret=${brokersSecret}${ca}`
}

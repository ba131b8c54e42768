import { type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'
import { hostPorts } from '../host-ports.ts'
import type { SecurityGroupName } from '../parameters.ts'
import type { Settings } from '../settings.ts'

/** MSK's listeners (developer guide, "Port information"): IAM, and SCRAM for clients beside ours. */
const MSK_IAM = Port.tcp(9098)
const MSK_SCRAM = Port.tcp(9096)
const HTTPS = Port.HTTPS
const POSTGRES = Port.tcp(5432)
const CONSUL = Port.tcp(8501)
const NFS = Port.tcp(2049)

/**
 * Who may speak to whom. Nothing may go out or come in but what stands here, and nothing is open to
 * addresses from outside.
 */
export class SecurityGroups extends Construct {
  readonly groups: Readonly<Partial<Record<SecurityGroupName, SecurityGroup>>>
  /** Of the interface endpoints; undefined where a NAT gateway leads to the services instead. */
  readonly endpoints: SecurityGroup | undefined
  readonly #vpc: IVpc
  readonly #settings: Settings

  constructor(scope: Construct, id: string, vpc: IVpc, settings: Settings) {
    super(scope, id)
    this.#vpc = vpc
    this.#settings = settings
    const functions = this.#group('functions', 'functions, and the pollers of own brokers')
    this.endpoints =
      settings.nat === 'none' ? this.#group('endpoints', 'interface endpoints') : undefined
    this.#letCallServices(functions)

    const upstreams = this.#upstreams()
    const database = this.#group('database', 'the database')
    functions.connections.allowTo(database, POSTGRES, 'SQL')

    const brokers = settings.broker === 'own' ? undefined : this.#brokers(functions)
    if (!brokers) this.#letReach(functions, settings.brokersCidr, hostPorts(settings.brokers ?? []))

    const consul = settings.consul === 'fargate' ? this.#consul(functions) : {}
    if (settings.consul === 'address') {
      const { port } = new URL(settings.consulAddress ?? '')
      this.#letReach(functions, settings.consulCidr, [Number(port)])
    }
    this.groups = { functions, upstreams, database, ...(brokers ? { brokers } : {}), ...consul }
  }

  /**
   * Calls to services go to whatever ports these listen on, in the networks they may stand in. Without
   * any, public addresses alone may be called, which a NAT gateway leads to.
   */
  #upstreams(): SecurityGroup {
    const { upstreamNetworks, nat } = this.#settings
    const upstreams = this.#group('upstreams', 'functions that call services')
    const cidrs = upstreamNetworks.split(',').filter(Boolean)
    for (const cidr of cidrs) {
      const peer = cidr.includes(':') ? Peer.ipv6(cidr) : Peer.ipv4(cidr)
      upstreams.addEgressRule(peer, Port.allTcp(), 'services')
    }
    if (cidrs.length === 0 && nat !== 'none') {
      upstreams.addEgressRule(Peer.anyIpv4(), Port.allTcp(), 'services at public addresses')
    }
    return upstreams
  }

  #brokers(functions: SecurityGroup): SecurityGroup {
    const brokers = this.#group('brokers', 'the event log, and the pollers that read it')
    functions.connections.allowTo(brokers, MSK_IAM, 'Kafka, authenticated by IAM')
    // Lambda's pollers stand in the cluster's own security group.
    brokers.connections.allowInternally(MSK_IAM, 'event source mappings')
    if (this.#settings.expressScram === 'on') {
      brokers.addIngressRule(
        Peer.ipv4(this.#settings.vpcCidr),
        MSK_SCRAM,
        'Kafka clients beside the functions, authenticated by SCRAM',
      )
    }
    // Pollers on demand call Lambda and STS from there; provisioned ones have ways of their own.
    if (this.#settings.pollers === 'on-demand') this.#letCallServices(brokers)
    return brokers
  }

  #consul(functions: SecurityGroup) {
    const consul = this.#group('consul', 'the Consul server')
    const files = this.#group('consul-files', 'files of the Consul server')
    functions.connections.allowTo(consul, CONSUL, 'Consul HTTPS API')
    consul.connections.allowTo(files, NFS, 'its data')
    this.#letCallServices(consul)
    return { consul, 'consul-files': files }
  }

  /**
   * S3's addresses are public ones, which the gateway endpoint leads to: without a NAT gateway there is
   * no other way out, so the rule opens nothing else. The prefix list's id, which differs by region,
   * narrows it.
   */
  #letCallServices(group: SecurityGroup): void {
    const { s3PrefixList, nat } = this.#settings
    if (this.endpoints) group.connections.allowTo(this.endpoints, HTTPS, 'AWS services')
    const s3 = s3PrefixList && nat === 'none' ? Peer.prefixList(s3PrefixList) : Peer.anyIpv4()
    group.addEgressRule(s3, HTTPS, nat === 'none' ? 'S3' : 'AWS services through the NAT gateway')
  }

  #letReach(group: SecurityGroup, cidr: string | undefined, ports: readonly number[]): void {
    if (!cidr) return
    for (const port of ports) group.addEgressRule(Peer.ipv4(cidr), Port.tcp(port))
  }

  #group(name: SecurityGroupName | 'endpoints', of: string): SecurityGroup {
    return new SecurityGroup(this, name, {
      vpc: this.#vpc,
      description: `OmniNode Bridge: ${of}`,
      allowAllOutbound: false,
    })
  }
}

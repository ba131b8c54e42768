import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2'
import {
  Cluster,
  ContainerImage,
  ContainerInsights,
  type Secret as ContainerSecret,
  CpuArchitecture,
  FargatePlatformVersion,
  FargateService,
  FargateTaskDefinition,
  type ICluster,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { DnsRecordType, PrivateDnsNamespace } from 'aws-cdk-lib/aws-servicediscovery'
import { Construct } from 'constructs'
import type { Network } from '../imported-network.ts'
import { names } from '../names.ts'
import {
  CONSUL_DATA,
  CONSUL_HTTPS_PORT,
  type ConsulSecret,
  consulHealthCheck,
  consulStart,
} from './consul-config.ts'
import { CONSUL_USER, type ConsulFiles } from './consul-files.ts'
import { grantPull } from './consul-image.ts'

type ConsulServerProps = Readonly<{
  image: string
  network: Network
  securityGroup: ISecurityGroup
  files: ConsulFiles
  secrets: Readonly<Record<ConsulSecret, ContainerSecret>>
  logDays: number
}>

/** Consul keeps some 100 MB for 500 services. */
const CPU = 256
const MEMORY_MB = 512

/**
 * One Consul server on Fargate. There is never a second one on the same files: the old task ends before
 * the new one starts, which is a minute without answers at a deployment or a failure.
 */
export class ConsulServer extends Construct {
  /** `https://host:port` inside of the VPC. */
  readonly url: string

  constructor(scope: Construct, id: string, props: ConsulServerProps) {
    super(scope, id)
    const { network, files } = props
    const { namespace, name } = names.discoveryHost
    const cluster = new Cluster(this, 'Cluster', {
      clusterName: names.discovery.cluster,
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
    })
    const service = new FargateService(this, 'Service', {
      serviceName: names.discovery.service,
      // The class differs from its interface by optional properties that may be undefined.
      cluster: cluster as ICluster,
      taskDefinition: this.#task(props),
      desiredCount: 1,
      minHealthyPercent: 0,
      maxHealthyPercent: 100,
      circuitBreaker: { rollback: true },
      platformVersion: FargatePlatformVersion.VERSION1_4,
      vpcSubnets: network.subnets,
      securityGroups: [props.securityGroup],
      assignPublicIp: false,
      cloudMapOptions: {
        name,
        dnsRecordType: DnsRecordType.A,
        dnsTtl: Duration.seconds(10),
        cloudMapNamespace: new PrivateDnsNamespace(this, 'Namespace', {
          name: namespace,
          vpc: network.vpc,
        }),
      },
    })
    service.node.addDependency(files.fileSystem.mountTargetsAvailable)
    this.url = `https://${name}.${namespace}:${CONSUL_HTTPS_PORT}`
  }

  #task({ image, files, secrets, logDays }: ConsulServerProps): FargateTaskDefinition {
    const task = new FargateTaskDefinition(this, 'Task', {
      family: names.discovery.service,
      cpu: CPU,
      memoryLimitMiB: MEMORY_MB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    })
    const { fileSystem, accessPoint } = files
    const volume = 'data'
    task.addVolume({
      name: volume,
      efsVolumeConfiguration: {
        fileSystemId: fileSystem.fileSystemId,
        transitEncryption: 'ENABLED',
        authorizationConfig: { accessPointId: accessPoint.accessPointId, iam: 'ENABLED' },
      },
    })
    fileSystem.grantReadWrite(task.taskRole)
    const logGroup = new LogGroup(this, 'Logs', {
      retention: logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const container = task.addContainer('consul', {
      image: ContainerImage.fromRegistry(image),
      user: `${CONSUL_USER.uid}:${CONSUL_USER.gid}`,
      entryPoint: ['/bin/sh', '-c'],
      command: [consulStart],
      secrets,
      portMappings: [{ containerPort: CONSUL_HTTPS_PORT }],
      healthCheck: {
        command: ['CMD-SHELL', consulHealthCheck],
        interval: Duration.seconds(10),
        retries: 3,
        startPeriod: Duration.seconds(60),
      },
      // The server leaves its files in order.
      stopTimeout: Duration.seconds(30),
      logging: LogDrivers.awsLogs({ streamPrefix: 'consul', logGroup }),
    })
    grantPull(task, container, image)
    container.addMountPoints({
      sourceVolume: volume,
      containerPath: CONSUL_DATA,
      readOnly: false,
    })
    return task
  }
}

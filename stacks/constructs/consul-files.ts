import type { RemovalPolicy } from 'aws-cdk-lib'
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { AccessPoint, FileSystem, LifecyclePolicy } from 'aws-cdk-lib/aws-efs'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import type { Network } from '../imported-network.ts'

/** User and group `consul` of the image. */
export const CONSUL_USER = { uid: '100', gid: '1000' } as const

type ConsulFilesProps = Readonly<{
  network: Network
  securityGroup: ISecurityGroup
  encryptionKey: IKey
  removalPolicy: RemovalPolicy
}>

/** What Consul knows, on a file system in every zone, backed up every day. */
export class ConsulFiles extends Construct {
  readonly fileSystem: FileSystem
  readonly accessPoint: AccessPoint

  constructor(scope: Construct, id: string, props: ConsulFilesProps) {
    super(scope, id)
    this.fileSystem = new FileSystem(this, 'FileSystem', {
      vpc: props.network.vpc,
      vpcSubnets: props.network.subnets,
      securityGroup: props.securityGroup,
      encrypted: true,
      kmsKey: props.encryptionKey,
      enableAutomaticBackups: true,
      lifecyclePolicy: LifecyclePolicy.AFTER_30_DAYS,
      removalPolicy: props.removalPolicy,
    })
    this.accessPoint = new AccessPoint(this, 'Data', {
      fileSystem: this.fileSystem,
      path: '/consul',
      posixUser: CONSUL_USER,
      createAcl: { ownerUid: CONSUL_USER.uid, ownerGid: CONSUL_USER.gid, permissions: '700' },
    })
  }
}

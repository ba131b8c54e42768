import { Annotations, Fn, type Stack, Validations } from 'aws-cdk-lib'
import {
  type ISecurityGroup,
  type IVpc,
  SecurityGroup,
  type SubnetSelection,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { left, leftList, type SecurityGroupName } from './parameters.ts'
import { type Settings, zoneCount } from './settings.ts'

/** Private subnets of the network stack, as other stacks see them. */
export type Network = Readonly<{ vpc: IVpc; subnets: SubnetSelection }>

/** The network as the network stack left it. */
export function importedNetwork(stack: Stack, settings: Settings): Network {
  const existing = stack.node.tryFindChild('Vpc') as IVpc | undefined
  const vpc = existing ?? importVpc(stack, zoneCount(settings))
  return { vpc, subnets: { subnets: vpc.privateSubnets } }
}

function importVpc(stack: Stack, zoneCount: number): IVpc {
  const zones = Fn.getAzs()
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: left(stack, 'vpc-id'),
    // Nobody asks for them; CDK wants one per subnet.
    availabilityZones: Array.from({ length: zoneCount }, (_, index) => Fn.select(index, zones)),
    privateSubnetIds: [...leftList(stack, 'subnet-ids', zoneCount)],
  })
  Annotations.of(vpc).acknowledgeWarning(
    '@aws-cdk/aws-ec2:noSubnetRouteTableId',
    'No route is added from here.',
  )
  Validations.of(stack).acknowledge({
    id: 'CloudFormation-Validate::W2001',
    reason: "An imported VPC takes its id, which functions and databases don't ask for.",
  })
  return vpc
}

/** A security group of the network stack; its rules stand there and can't be changed from here. */
export function importedSecurityGroup(stack: Stack, name: SecurityGroupName): ISecurityGroup {
  const id = `SecurityGroup-${name}`
  const existing = stack.node.tryFindChild(id) as ISecurityGroup | undefined
  return (
    existing ??
    SecurityGroup.fromSecurityGroupId(stack, id, left(stack, `security-group/${name}`), {
      mutable: false,
    })
  )
}

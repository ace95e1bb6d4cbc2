import { type ISecurityGroup, type IVpc, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

export interface NetworkProps {
  /**
   * The VPC that the functions run in. Its subnets need a way to S3, Secrets Manager, EventBridge and X-Ray (endpoints or
   * a NAT gateway), to Step Functions where uploads are gathered, and to the `allowedEndpoints`. None: the functions reach
   * these over Lambda's own network.
   */
  readonly vpc?: IVpc;
  /** Of the VPC. The private ones. */
  readonly vpcSubnets?: SubnetSelection;
  /** Of all functions. One of their own, which lets everything out; a pipeline's `connections` has it. */
  readonly securityGroups?: readonly ISecurityGroup[];
}

/** Where every function of a pipeline runs. */
export interface Network {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection | undefined;
  readonly securityGroups: ISecurityGroup[];
}

/** Fails the synth where subnets or security groups come without their VPC. */
export function networkOf(scope: Construct, { vpc, vpcSubnets, securityGroups }: NetworkProps): Network | undefined {
  if (vpc) {
    const groups = securityGroups ?? [new SecurityGroup(scope, 'SecurityGroup', { vpc, description: DESCRIPTION })];
    if (groups.length === 0) throw new Error('securityGroups is empty. Leave it out, or give at least one.');
    return { vpc, vpcSubnets, securityGroups: [...groups] };
  }
  const alone = Object.entries({ vpcSubnets, securityGroups }).find(([, value]) => value !== undefined);
  if (alone) throw new Error(`${alone[0]} is set without vpc: give the VPC that it belongs to.`);
  return undefined;
}

const DESCRIPTION = 'Functions that make preference data; nothing may call them';

/** What Lambda does in a function's name to connect it to a VPC: AWS's managed policy for it, less the right to any log. */
export function joinNetwork(role: Role): void {
  role.addToPolicy(new PolicyStatement({ actions: CONNECT, resources: ['*'] }));
  acknowledge(
    role,
    'AwsSolutions-IAM5[Resource::*]',
    'Lambda creates the interfaces; their names are not known before.',
  );
}

const CONNECT = [
  ...['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'],
  ...['ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses', 'ec2:DescribeSubnets'],
];

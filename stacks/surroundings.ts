import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2'
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Network } from './imported-network.ts'

/** What functions need to know of the world around them, as template values. */
export interface Surroundings {
  /** `postgres://...`, `kafka://host:port,host:port`, `kafkas://...` or `msk:<cluster ARN>?auth=iam`. */
  readonly eventLogUrl: string
  /** The writer endpoint. */
  readonly databaseUrl: string
  readonly databaseReaderUrl: string
  /** The writer endpoint as the owner of the tables, for the deploy step alone. */
  readonly databaseAdminUrl: string
  /** The role that the functions connect as; empty where they connect as the owner. */
  readonly databaseRole: string
  /** The key that seals source secrets, or `secret:<ARN>`. */
  readonly sourceSecretsKey: string
  /** Where the snapshot of keys and sources lies, when no bucket of ours holds it. */
  readonly accessSnapshotUrl: string
  /** The directory, key-value store and locks: `postgres://...` or `consul://host:port?...`. */
  readonly discoveryUrl: string
  /** Where what is known of each service is published, when no bucket of ours holds it: `file:///.../`. */
  readonly catalogUrl: string
  /** CIDR blocks that upstreams may stand in, by commas; empty where only public addresses may. */
  readonly upstreamNetworks: string
  /** The zone that functions prefer upstreams of; empty where none is preferred. */
  readonly zone: string
  /** The folder that holds a folder per queue, where queues are folders: `file:///...`. */
  readonly queuesUrl: string
  /** The brokers that event source mappings read from. */
  readonly broker: Broker
  readonly hosting: Hosting
  /** What opens the way to upstreams, where functions stand in a network. */
  readonly upstreamGroups: readonly ISecurityGroup[]

  /** What a function may do because its environment tells it where things are. */
  access(environment: Readonly<Record<string, string>>): readonly PolicyStatement[]
}

/** An MSK cluster of this account, or brokers by address. */
export type Broker =
  | (Pollers & Readonly<{ kind: 'msk'; clusterArn: string }>)
  | (Pollers &
      Readonly<{
        kind: 'self-managed'
        bootstrapServers: readonly string[]
        /** How pollers reach the brokers and authenticate; none where they can be read by anyone. */
        sourceAccess: readonly SourceAccess[]
      }>)

type Pollers = Readonly<{
  /** Retry limits, partial failures, bisecting and dead letters exist for provisioned ones alone. */
  pollers: 'provisioned' | 'on-demand'
}>

/** `AWS::Lambda::EventSourceMapping.SourceAccessConfiguration` */
export type SourceAccess = Readonly<{ type: string; uri: string }>

/** How functions are run here. */
export type Hosting = Readonly<{
  /** Where they stand, when the database or the broker is not reachable from the outside. */
  network?: Network & Readonly<{ securityGroups: ISecurityGroup[] }>
  tracing: 'off' | 'xray' | 'otel'
  /** The OpenTelemetry layer's version, for tracing by it. */
  otelLayer?: string
  logDays: number
  /** Whether what was invoked asynchronously and failed for good is kept in a queue. */
  keepsFailedInvocations: boolean
  /** Variables that every function with a database has. */
  databaseEnvironment: Readonly<Record<string, string>>
}>

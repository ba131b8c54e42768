import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/tool-proxy/env.ts'
import { type Appending, grantWriting } from '../constructs/broker-access.ts'
import { ListeningFunction } from '../constructs/listening-function.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { SnapshotBucket } from '../constructs/snapshot-bucket.ts'
import type { Surroundings } from '../surroundings.ts'

export type ToolProxyProps = FunctionContext &
  Readonly<{
    surroundings: Surroundings
    bucket: SnapshotBucket | undefined
    accessSnapshotUrl: string
    catalogUrl: string
  }>

const NAME = 'tool-proxy'
const IMPACT = 'Services can not call each other through the bridge; direct calls go on.'
/** Calls, breakers' transitions, refusals. */
const TOPICS = ['tools.calls', 'services.health', 'services.lifecycle']
/** A call holds an environment for as long as its upstream takes: 150 of 100 ms are 1,500 in a second. */
const MAX_CALLS = 150

/**
 * Calls between services, through the REST API. Where it can be run for long (`server.mjs`), requests
 * are handed to it as they come in.
 */
export class ToolProxy extends ServiceFunction {
  constructor(scope: Construct, id: string, props: ToolProxyProps) {
    super(scope, id, {
      ...props,
      name: NAME,
      impact: IMPACT,
      // What API Gateway waits for at most, unless its quota is raised.
      timeout: Duration.seconds(29),
      memory: 1_024,
      reservedConcurrency: MAX_CALLS,
      server: 'server.mjs',
      environment: environmentOf(props),
    })
    grant(this.lambda, props)
  }
}

/**
 * The same use case as a process that lives on and takes many calls at once: no time goes for an
 * invocation, and connections to upstreams stay open. Its endpoint is public, as the REST API's is: who
 * calls is found out and decided by the function itself, for requests that are signed for IAM have no
 * room for a bearer token, and their bodies must be known before they are sent.
 */
export class ListeningToolProxy extends ListeningFunction {
  constructor(scope: Construct, id: string, props: ToolProxyProps) {
    const { bucket } = props
    // CDK writes the environment into a resource of its own, without importing what it refers to.
    const imported = bucket && {
      accessSnapshotUrl: bucket.imported.url,
      catalogUrl: bucket.imported.catalogUrl,
    }
    super(scope, id, {
      ...props,
      name: NAME,
      impact: IMPACT,
      environment: environmentOf({ ...props, ...imported }),
    })
    grant(this.webFunction, props)
  }
}

function environmentOf({ surroundings, accessSnapshotUrl, catalogUrl }: ToolProxyProps) {
  return {
    EVENT_LOG_URL: surroundings.eventLogUrl,
    CATALOG_URL: catalogUrl,
    DISCOVERY_URL: surroundings.discoveryUrl,
    ACCESS_SNAPSHOT_URL: accessSnapshotUrl,
    UPSTREAM_NETWORKS: surroundings.upstreamNetworks,
    ZONE: surroundings.zone,
    DATABASE_URL: surroundings.databaseUrl,
  } satisfies Env
}

function grant(granted: Appending, { surroundings, bucket }: ToolProxyProps): void {
  bucket?.grantRead(granted)
  bucket?.grantReadCatalog(granted)
  grantWriting(granted, surroundings.broker, TOPICS)
}

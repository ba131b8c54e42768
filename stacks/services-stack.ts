import type { App } from 'aws-cdk-lib'
import { routes as registryRoutes } from '#functions/service-registry/schema.ts'
import { routes as proxyRoutes } from '#functions/tool-proxy/schema.ts'
import { routes as versionRoutes } from '#functions/version-router/schema.ts'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import { type Served, served } from './constructs/api.ts'
import type { SnapshotBucket } from './constructs/snapshot-bucket.ts'
import { ServiceRegistry } from './functions/service-registry.ts'
import { ServiceWatcher } from './functions/service-watcher.ts'
import { ListeningToolProxy, ToolProxy } from './functions/tool-proxy.ts'
import { VersionRouter } from './functions/version-router.ts'

/** How services find each other and talk. */
export class ServicesStack extends BridgeStack {
  readonly served: readonly Served[]

  constructor(app: App, context: StageContext, bucket: SnapshotBucket | undefined) {
    super(app, 'services', context, 'how services find each other and talk')
    const { surroundings } = this
    const accessSnapshotUrl = bucket?.url ?? surroundings.accessSnapshotUrl
    const catalogUrl = bucket?.catalogUrl ?? surroundings.catalogUrl
    const props = { ...context, surroundings, accessSnapshotUrl, catalogUrl }
    const registry = new ServiceRegistry(this, 'ServiceRegistry', props)
    bucket?.grantRead(registry.lambda)
    const watcher = new ServiceWatcher(this, 'ServiceWatcher', props)
    bucket?.grantPublishCatalog(watcher.lambda)
    const router = new VersionRouter(this, 'VersionRouter', props)
    bucket?.grantRead(router.lambda)
    bucket?.grantReadCatalog(router.lambda)
    const proxyProps = { ...props, bucket }
    const proxy = new ToolProxy(this, 'ToolProxy', proxyProps)
    if (context.stage === 'aws' && context.settings.proxy === 'listening') {
      new ListeningToolProxy(this, 'ListeningToolProxy', proxyProps)
    }
    this.served = [
      served(proxy, proxyRoutes),
      served(registry, registryRoutes),
      served(router, versionRoutes),
    ]
  }
}

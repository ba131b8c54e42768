/** What parts are called in an account, for whoever has to name them without having made them. */
export const names = {
  /** The MSK cluster. */
  broker: 'omninode-bridge',
  /** The group of provisioned pollers that all mappings share. */
  pollers: 'omninode-bridge',
  /** The Aurora cluster, and the database in it. */
  databaseCluster: 'omninode-bridge',
  database: 'omninode',
  /** The role that functions connect to the database as, by IAM; `provisioner` makes it. */
  databaseRole: 'bridge',
  /** ECS cluster and service of Consul. */
  discovery: { cluster: 'omninode-bridge', service: 'consul' },
  /** Where Consul answers inside of the VPC: `consul.omninode.internal`. */
  discoveryHost: { namespace: 'omninode.internal', name: 'consul' },
  /** The queue of what was invoked asynchronously and failed for good. */
  failedInvocations: 'omninode-bridge-failed-invocations',
  /** The queue of accepted hooks that wait for the log, and of those that it would not take. */
  spill: {
    queue: 'omninode-bridge-spill.fifo',
    deadLetters: 'omninode-bridge-spill-dead-letters.fifo',
  },
} as const

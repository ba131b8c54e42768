/** Sources of the events that the bridge itself makes: what others learn from must not be forged. */
const ownSources: ReadonlySet<string> = new Set([
  'access',
  'hook-receiver',
  'service-registry',
  'service-watcher',
  'tool-proxy',
  'traffic-learner',
  'version-router',
])

/** Whether a source is the bridge's own, which no sender may speak for. */
export const isOwnSource = (source: string): boolean => ownSources.has(source)

import type { CacheRequest } from '#shared/domain/caching/message.ts'
import type { CacheRules } from '#shared/domain/caching/rules.ts'
import type { BodyKeeper } from './body-keeper.ts'
import type { ProxyDependencies } from './dependencies.ts'
import type { Forwarded } from './forward.ts'
import type { Passage } from './passage.ts'
import type { Ready } from './ready.ts'

/** A call of which the cache may have the answer. */
export type Asking = Readonly<{
  dependencies: ProxyDependencies
  passage: Passage
  ready: Ready
  request: CacheRequest
  rules: CacheRules
  /** Keeps the answer for somebody else, too. */
  keeperFor: ((forwarded: Forwarded) => BodyKeeper) | undefined
}>

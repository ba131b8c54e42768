import type { Condition } from '../discovery/instance.ts'

const TOO_MANY_REQUESTS = 429

/** What an HTTP check's answer says: 2xx is well, 429 is busy, all else, redirects too, is not well. */
export function conditionOf(status: number): Condition {
  if (status >= 200 && status < 300) return 'passing'
  return status === TOO_MANY_REQUESTS ? 'warning' : 'critical'
}

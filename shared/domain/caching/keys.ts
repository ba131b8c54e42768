import { hash } from 'node:crypto'
import type { CacheRequest } from './message.ts'

/** What an unsafe request to the same target makes invalid, in all versions and for all callers. */
export const targetKey = (service: string, target: string): string => `${service}\n${target}`

/** What is kept for everybody: a version's answer of a target, its query byte for byte. */
export const sharedKey = ({ service, version, target }: CacheRequest): string =>
  `${service}\n${version}\n${target}`

/**
 * What is kept for one caller alone. Whoever calls may speak for others, so that what it passes on of
 * them to the upstream tells callers apart as well.
 */
export function privateKey(request: CacheRequest): string {
  const { caller = '', headers } = request
  const parts = [caller, headers.authorization ?? '', headers.cookie ?? '']
  return `${sharedKey(request)}\n${hash('sha256', JSON.stringify(parts), 'hex')}`
}

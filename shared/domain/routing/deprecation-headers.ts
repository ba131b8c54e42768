import { parseTime } from '../time.ts'
import type { AnswerHeader } from './decision.ts'
import type { Deprecation } from './rules.ts'

/**
 * What a declared deprecation says to callers: `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and
 * `Link`s of rel `deprecation`, `sunset` and `successor-version` (RFC 5829).
 */
export function deprecationHeaders({
  deprecatedAt,
  sunsetAt,
  link,
  successor,
}: Deprecation): readonly AnswerHeader[] {
  const headers: AnswerHeader[] = []
  if (deprecatedAt)
    headers.push(['deprecation', `@${Math.floor(Date.parse(deprecatedAt) / 1_000)}`])
  if (sunsetAt) headers.push(['sunset', new Date(millis(sunsetAt)).toUTCString()])
  if (link && deprecatedAt) headers.push(linked(link, 'deprecation'))
  if (link && sunsetAt) headers.push(linked(link, 'sunset'))
  if (successor) headers.push(linked(successor, 'successor-version'))
  return headers
}

const linked = (uri: string, rel: string): AnswerHeader => ['link', `<${uri}>; rel="${rel}"`]

const millis = (time: string): number => Math.floor((parseTime(time) ?? 0) / 1_000)

import type { VersionDecision } from './decision.ts'

/** How a call is answered for which there is no version: `new Failure(kind, detail, { members })`. */
export type VersionRefusal = Readonly<{
  kind: 'Malformed' | 'NotAcceptable' | 'Unavailable'
  detail: string
  /** Of the problem details: what was wanted, and what exists, highest first. */
  members: Readonly<Record<string, unknown>>
}>

/** What a caller is told whom no version of a service serves: 406 with what exists, 503, or 400. */
export function refusalOf(
  service: string,
  decision: Extract<VersionDecision, { type: 'none' | 'malformed' }>,
): VersionRefusal {
  const { wanted, why } = decision
  if (decision.type === 'malformed') {
    return { kind: 'Malformed', detail: `${why}.`, members: { wanted } }
  }
  return {
    kind: decision.fault === 'no-version' ? 'NotAcceptable' : 'Unavailable',
    detail: `Nothing serves '${service}': ${why}.`,
    members: { wanted, versions: decision.exist },
  }
}

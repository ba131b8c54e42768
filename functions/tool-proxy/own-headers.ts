import type { Passage } from './passage.ts'

/** What the bridge says of a call in its answer, names and values in turn. */
export function ownHeaders(passage: Passage): string[] {
  const { own, route, correlationId, traceparent } = passage
  const headers = own.slice()
  if (route.instance !== undefined) headers.push('X-Bridge-Instance', route.instance)
  headers.push(
    'X-Correlation-ID',
    correlationId,
    'traceparent',
    traceparent,
    'Server-Timing',
    serverTiming(passage),
  )
  return headers
}

/**
 * Server Timing: what the instance took, all attempts together, and what the bridge added to it. How
 * long the caller took to send its body is neither's.
 */
function serverTiming({ call, upstreamMs, waitedMs }: Passage): string {
  const bridgeMs = Math.max(performance.now() - call.receivedAt - upstreamMs - waitedMs, 0)
  return `upstream;dur=${rounded(upstreamMs)}, bridge;dur=${rounded(bridgeMs)}`
}

/** To a hundredth of a millisecond. */
const rounded = (ms: number): number => Math.round(ms * 100) / 100

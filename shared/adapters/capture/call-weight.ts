import type { Call, CallMessage } from '../../domain/calls/call.ts'

/** What a call weighs besides headers and bodies. */
const CALL_BYTES = 1_024

/** About what a call holds in memory, bytes. */
export function weightOf({ target, request, response }: Call): number {
  const answer = response ? messageWeight(response) : 0
  return CALL_BYTES + target.length + messageWeight(request) + answer
}

function messageWeight({ rawHeaders, kept }: CallMessage): number {
  return rawHeaders.reduce((bytes, text) => bytes + text.length, kept.byteLength)
}

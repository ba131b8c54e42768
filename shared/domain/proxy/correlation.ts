/** What can stand in a header, an event and a log line alike. */
const ID = /^[!-~]{1,128}$/

/** The caller's own id if it is one, else the trace's. */
export function correlationOf(given: string | undefined, traceparent: string): string {
  return given !== undefined && ID.test(given) ? given : traceparent.slice(3, 35)
}

/** A session's id as it came; undefined for what can be none. */
export function sessionOf(given: string | undefined): string | undefined {
  return given !== undefined && ID.test(given) ? given : undefined
}

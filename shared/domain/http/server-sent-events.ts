/** Pieces of a `text/event-stream` (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export const EVENT_STREAM = 'text/event-stream'

/** An event with JSON for data: it has no line break, so one `data` line holds it. */
export function sentEvent(name: string, id: number, data: unknown): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

/**
 * A comment that keeps the connection from looking dead. The id alone moves the place from which a
 * client resumes, without an event: nothing it asked for lies before.
 */
export function keepAlive(id: number): string {
  return `: keep-alive\nid: ${id}\n\n`
}

/** How soon, in ms, the client is to come back once the stream ends. */
export function retryAfter(ms: number): string {
  return `retry: ${ms}\n\n`
}

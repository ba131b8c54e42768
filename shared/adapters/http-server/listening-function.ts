import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * A function that answers requests as they come in, for as long as its process lives. `server.ts`
 * beside a `handler.ts` exports `open`, which makes one.
 */
export type ListeningFunction = Readonly<{
  /**
   * Answers a request; called before its body is read. `url` is in origin form, byte for byte as it was
   * sent. To `Expect: 100-continue` nothing is said yet: `response.writeContinue()` asks for the body.
   * `verifiedClientCertificate(request.socket)`
   * tells who the client has proved to be.   */
  handle(request: IncomingMessage, response: ServerResponse): void
  /**
   * Its host is told to stop: what would go on for as long as it is read (server-sent events) ends now,
   * at a whole piece; calls under way may still end by themselves.
   */
  endStreams?(): void
  /** Called when no request is under way any more. */
  close(): Promise<void>
}>

/**
 * Makes the function; its environment is given, not read from the process.
 *
 * @throws `Error` saying why it can't serve
 */
export type OpenListening = (
  environment: Readonly<Record<string, string>>,
) => Promise<ListeningFunction>

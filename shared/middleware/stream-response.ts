import { finished, pipeline } from 'node:stream/promises'
import type { PluginExecutionMode } from '@middy/core'
import type { APIGatewayProxyEvent, Context } from 'aws-lambda'
import type { StreamedResult } from './serve-stream.ts'

type Run = (request: unknown, ...chain: readonly unknown[]) => Promise<StreamedResult>
type Core = { middyRequest: (event: unknown, context: unknown) => unknown; runRequest: Run }

/** The caller went away, or did not take what was sent until the time was over. */
const ENDINGS = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'])
/** Cut off this long before the function's own end, ms. */
const CUT_MS = 1_000
const MAX_TIMER_MS = 2_147_483_647

/**
 * Middy's execution mode for streamed responses, with one difference to its own: a caller who leaves,
 * or takes nothing any more, ends the stream and is no failed invocation.
 */
function stream(
  { middyRequest, runRequest }: Core,
  befores: unknown,
  initialHandler: unknown,
  afters: unknown,
  onErrors: unknown,
  plugin: unknown,
) {
  let handler = initialHandler
  const chain = awslambda.streamifyResponse(
    async (event: APIGatewayProxyEvent, responseStream, context: Context) => {
      const request = middyRequest(event, context)
      const answer = await runRequest(request, befores, handler, afters, onErrors, plugin)
      const { body, ...metadata } = answer
      const response = awslambda.HttpResponseStream.from(responseStream, metadata)
      // Sends the status and headers before there is a body.
      response.write('')
      try {
        if (typeof body === 'string') await finished(response.end(body))
        else await pipeline(body, response, { signal: untilCut(context) })
      } catch (error) {
        if (!ENDINGS.has(String((error as { code?: unknown }).code))) throw error
      }
    },
  )
  return Object.assign(chain, {
    handler(replacement: unknown) {
      handler = replacement
      return chain
    },
  })
}

function untilCut(context: Context): AbortSignal {
  const remainingMs = context.getRemainingTimeInMillis() - CUT_MS
  return AbortSignal.timeout(Math.min(Math.max(remainingMs, 0), MAX_TIMER_MS))
}

/** `middy({ executionMode: streamResponse })`. */
// Middy calls a mode with arguments that its type leaves out.
export const streamResponse = stream as unknown as PluginExecutionMode

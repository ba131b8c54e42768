import type { APIGatewayProxyEvent, Context } from 'aws-lambda'
import type { Presence } from './incoming-call.ts'
import { lambdaCall } from './lambda-call.ts'
import { LambdaSink, type OpenAnswer } from './lambda-sink.ts'
import type { ToolProxy } from './tool-proxy.ts'

/** Cut off this long before the function's own end, ms. */
const CUT_MS = 1_000
const MAX_TIMER_MS = 2_147_483_647

/** Answers one invocation; resolves when its answer is out, rejects when that broke off. */
export async function streamed(
  proxy: ToolProxy,
  event: APIGatewayProxyEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  open: OpenAnswer,
): Promise<void> {
  const presence = new InvocationPresence()
  const sink = new LambdaSink(open)
  sink.body.once('close', () => {
    if (!sink.body.writableFinished) presence.leave()
  })
  const remainingMs = context.getRemainingTimeInMillis() - CUT_MS
  const timer = setTimeout(() => presence.leave(), Math.min(Math.max(remainingMs, 0), MAX_TIMER_MS))
  try {
    await proxy(lambdaCall(event, presence), sink)
    await sink.done
  } finally {
    clearTimeout(timer)
  }
}

/** The caller behind API Gateway: gone when the answer's stream is closed, or the time is over. */
class InvocationPresence implements Presence {
  left = false
  #listener: (() => void) | undefined

  leave(): void {
    if (this.left) return
    this.left = true
    this.#listener?.()
  }

  onLeave(listener: () => void): void {
    this.#listener = listener
    if (this.left) listener()
  }
}

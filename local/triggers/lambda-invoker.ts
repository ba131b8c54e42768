import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { toTriggerEvent } from '#shared/domain/events/trigger.ts'
import type { Outcome } from '../lambda/outcome.ts'
import { type InvokeAnswer, readInvocation, readRefusal } from './lambda-outcome.ts'
import { limitedTo } from './limited.ts'
import type { RecordInvoker } from './mapping.ts'

/** The function to invoke, and how. */
export type LambdaTarget = Readonly<{
  functionName: string
  timeoutMs: number
  /** Invocations at once, at most. */
  maxConcurrency: number
  /** Hears what became of each invocation. */
  heard?: (outcome: Outcome) => void
}>

/** The part of the AWS client that is used. */
export type InvokeClient = {
  send(command: InvokeCommand, options: { abortSignal: AbortSignal }): Promise<InvokeAnswer>
}

/** What a cold start and the way there may take beside the function's own time, ms. */
const GRACE_MS = 30_000
const CONNECTION_TIMEOUT_MS = 2_000

/**
 * The client of the AWS API. AWS_ENDPOINT_URL, AWS_REGION and credentials come from the environment;
 * it never tries again by itself: the mapping does, with its own rules.
 */
export function lambdaClient(maxSockets: number): LambdaClient {
  const agent = { keepAlive: true, maxSockets }
  return new LambdaClient({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      httpAgent: agent,
      httpsAgent: agent,
    },
  })
}

/** Invokes a function for records, as an event source mapping does, and waits for its answer. */
export function lambdaInvoker(client: InvokeClient, target: LambdaTarget): RecordInvoker {
  const { functionName, timeoutMs, maxConcurrency, heard } = target
  const limited = limitedTo(maxConcurrency)

  async function invoke(payload: Buffer): Promise<Outcome> {
    const command = new InvokeCommand({ FunctionName: functionName, Payload: payload })
    const abortSignal = AbortSignal.timeout(timeoutMs + GRACE_MS)
    try {
      return readInvocation(await client.send(command, { abortSignal }))
    } catch (error) {
      if (!abortSignal.aborted) return readRefusal(functionName, error)
      const message = `${functionName} gave no answer in ${timeoutMs + GRACE_MS} ms`
      return { type: 'unreachable', message }
    }
  }

  return {
    consume: (records, source, signal) =>
      limited(async () => {
        // The partition was taken away meanwhile.
        if (signal?.aborted) return { type: 'throttled' }
        const outcome = await invoke(Buffer.from(JSON.stringify(toTriggerEvent(records, source))))
        heard?.(outcome)
        return outcome
      }),
  }
}

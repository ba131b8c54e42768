import type { IncomingMessage, ServerResponse } from 'node:http'
import { pathToFileURL } from 'node:url'
import { faultGuard } from './fault-guard.ts'
import type { ListeningFunction, OpenListening } from './listening-function.ts'
import { answerProblem } from './problem-answer.ts'

/** A listening function that runs in this process, whatever it does. */
export type HostedFunction = Readonly<{
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Ends what would go on for as long as it is read. */
  endStreams(): void
  close(): Promise<void>
}>

type Hosting = Readonly<{
  name: string
  /** Path of the module that exports `open`. */
  module: string
  environment: Readonly<Record<string, string>>
}>

/** Requests under way at once; Node's sockets and buffers stand behind each. */
const MOST_AT_ONCE = 2_000

/**
 * Loads a listening function into this process. A fault of its own is a 500 and a line in the log, and
 * never the end of the process.
 *
 * @throws `Error` saying why it can't be loaded
 */
export async function hostFunction({
  name,
  module,
  environment,
}: Hosting): Promise<HostedFunction> {
  const guard = faultGuard(name, module.slice(0, module.lastIndexOf('/') + 1))
  let listening: ListeningFunction
  try {
    listening = await guard.run(undefined, () => openOf(module).then((open) => open(environment)))
  } catch (error) {
    guard.close()
    throw new Error(`${name} can't be loaded: ${(error as Error).message}`, { cause: error })
  }
  let underWay = 0

  return {
    handle(request, response) {
      if (underWay >= MOST_AT_ONCE) {
        request.resume()
        answerProblem(response, 503, 'Too many calls are under way.', { headers: RETRY })
        return
      }
      underWay += 1
      response.once('close', () => {
        underWay -= 1
      })
      // A body that breaks off is nobody's fault here, and told to who reads it.
      request.on('error', () => undefined)
      response.on('error', (error: NodeJS.ErrnoException) => {
        if (!GONE.has(error.code ?? '')) guard.faulted(error, undefined)
      })
      if (request.headers.expect) closeUnlessContinued(response)
      guard.run(response, () => {
        try {
          listening.handle(request, response)
        } catch (error) {
          guard.faulted(error, response)
        }
      })
    },
    endStreams: () => listening.endStreams?.(),
    async close() {
      await listening.close()
      guard.close()
    },
  }
}

/** The caller has gone. */
const GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE'])
const RETRY = { 'retry-after': '1' }

async function openOf(module: string): Promise<OpenListening> {
  const { open } = (await import(pathToFileURL(module).href)) as { open?: OpenListening }
  if (typeof open !== 'function') throw new Error(`${module} exports no function open`)
  return open
}

/**
 * Who waits for leave to send and gets an answer instead may send its body or leave it: what comes next
 * on that connection could be either (RFC 9110, section 10.1.1).
 */
function closeUnlessContinued(response: ServerResponse): void {
  const { shouldKeepAlive } = response
  const writeContinue = response.writeContinue.bind(response)
  response.shouldKeepAlive = false
  response.writeContinue = (callback) => {
    response.shouldKeepAlive = shouldKeepAlive
    writeContinue(callback)
  }
}

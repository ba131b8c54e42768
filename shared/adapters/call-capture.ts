import { parentPort, Worker, workerData } from 'node:worker_threads'
import { errorFields, log } from '../log.ts'
import type { CallCapture } from '../ports/call-capture.ts'
import { callCapture } from './capture/call-capture.ts'
import { captureApart } from './capture/capture-apart.ts'
import { serveCapture } from './capture/capturer.ts'
import { openEventLog } from './event-log.ts'
import { yieldToOthers } from './thread-priority.ts'

/**
 * What takes note of calls on the log behind a URL: in this thread for Lambda, which freezes between
 * calls and has no second processor, or `apart`, in a thread of its own, for a process that listens.
 *
 * @throws `InvalidInput`
 */
export async function openCallCapture(
  logUrl: string,
  { apart }: Readonly<{ apart: boolean }>,
): Promise<CallCapture> {
  if (apart) {
    // This very file, bundled or not: see below.
    const start = () => new Worker(new URL(import.meta.url), { workerData: { captureTo: logUrl } })
    return captureApart({ start })
  }
  const eventLog = await openEventLog(logUrl)
  const capture = callCapture({ log: eventLog })
  return {
    take: capture.take,
    get dropped() {
      return capture.dropped
    },
    flush: capture.flush,
    async close() {
      await capture.close()
      await eventLog.close()
    },
  }
}

/** The log that this thread was started to capture to; undefined in any other thread. */
function captureTo(): string | undefined {
  const data: unknown = workerData
  if (typeof data !== 'object' || data === null || !('captureTo' in data)) return undefined
  return typeof data.captureTo === 'string' ? data.captureTo : undefined
}

/** Behind who answers, before who learns: what waits here takes memory. */
const NICENESS = 8

const logUrl = captureTo()
if (logUrl !== undefined && parentPort !== null) {
  const port = parentPort
  // A call that is answered late is worse than one that is recorded late.
  yieldToOthers(NICENESS)
  // Messages wait in the port until somebody listens.
  openEventLog(logUrl).then(
    (eventLog) => serveCapture(port, eventLog),
    (error: unknown) => {
      log('error', 'capture_log_not_opened', errorFields(error))
      port.close()
    },
  )
}

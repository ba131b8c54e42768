import type { MessagePort } from 'node:worker_threads'
import type { EventLog } from '../../ports/event-log.ts'
import { unpackCalls } from './call-batch.ts'
import { callCapture } from './call-capture.ts'
import type { FromCapturer, ToCapturer } from './capture-messages.ts'

/** Captures what the other side of a port sends, until told to close. */
export function serveCapture(port: MessagePort, log: EventLog): void {
  const say = (message: FromCapturer) => port.postMessage(message)
  const capture = callCapture({
    log,
    // The sender minds the bounds, of what is here as well.
    maxCalls: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
    onSettled: (settled) => say({ type: 'settled', ...settled, dropped: capture.dropped - lost }),
  })
  let lost = 0

  async function close() {
    await capture.close()
    await log.close()
    say({ type: 'closed' })
    port.close()
  }

  port.on('message', (message: ToCapturer) => {
    switch (message.type) {
      case 'calls':
        lost += message.lost
        if (message.lost > 0) capture.noteLost(message.lost, 'no room')
        for (const { call, rules } of unpackCalls(message.batch)) capture.take(call, rules)
        return
      case 'flush':
        void capture.flush().then(() => say({ type: 'flushed', id: message.id }))
        return
      case 'close':
        void close()
        return
    }
  })
}

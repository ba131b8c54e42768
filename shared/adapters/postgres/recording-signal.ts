import { errorFields, log } from '../../log.ts'
import type { RecordingSignal } from '../../ports/recording-signal.ts'
import type { Sql } from './connect.ts'
import { RECORDED_CHANNEL } from './recording.ts'

/**
 * Hears the recorder's notifications over one connection for all who wait. Where there are none to
 * hear, as on a reader endpoint (LISTEN fails during recovery), waiting just takes its time.
 */
export function postgresRecordingSignal(sql: Sql): RecordingSignal {
  let newest = 0
  let isListening = false
  const waiting = new Set<() => void>()

  function wakeAll() {
    for (const wake of waiting) wake()
  }

  function listenOnce() {
    if (isListening) return
    isListening = true
    const heard = (seq: string) => {
      newest = Math.max(newest, Number(seq))
      wakeAll()
    }
    // The driver calls `wakeAll` also when it has made the connection anew: something may have been
    // missed meanwhile.
    sql.listen(RECORDED_CHANNEL, heard, wakeAll).catch((error: unknown) => {
      log('warn', 'recording-not-heard', errorFields(error))
    })
  }

  return {
    after(seq, timeoutMs) {
      listenOnce()
      if (newest > seq) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = setTimeout(wake, timeoutMs)
        function wake() {
          clearTimeout(timer)
          waiting.delete(wake)
          resolve()
        }
        waiting.add(wake)
      })
    },
  }
}

import postgres from 'postgres'
import { Failure } from '../../errors.ts'
import { ask, type Sql } from './connect.ts'

/** A connection that hears notifications, until it breaks or is ended. */
export type Listening = Readonly<{
  /** The same connection, for questions. @throws `Unavailable` once it is lost */
  readonly sql: Sql
  /** Waits until it hears. @throws `Unavailable` */
  ready(timeoutMs: number): Promise<void>
  /** Aborts once it is closed, whoever closed it: what comes after is not heard. */
  lost: AbortSignal
  end(): Promise<void>
}>

const END_TIMEOUT_S = 2

/**
 * Listens on a channel over a connection of its own, like those of `sql`. The driver's own `listen`
 * would go on over a new connection when this one breaks, and say nothing when it hangs.
 */
export function listenOn(sql: Sql, channel: string, heard: (payload: string) => void): Listening {
  const losing = new AbortController()
  const settings = {
    ...sql.options,
    max: 1,
    idle_timeout: null,
    max_lifetime: null,
    onclose: () => losing.abort(),
    onnotify: (from: string, payload: string) => {
      if (from === channel) heard(payload)
    },
  }
  // The driver takes options that it has read once; its own listeners are made like this.
  const own = postgres(
    settings as unknown as postgres.Options<Record<string, never>>,
  ) as unknown as Sql
  return {
    get sql() {
      if (losing.signal.aborted) {
        throw new Failure('Unavailable', 'the connection to the database broke')
      }
      return own
    },
    async ready(timeoutMs) {
      await ask(own.unsafe(`listen ${channel}`), timeoutMs)
    },
    lost: losing.signal,
    // One that hangs would not answer to a farewell.
    end: () => own.end({ timeout: losing.signal.aborted ? 0 : END_TIMEOUT_S }),
  }
}

import { errorFields, log } from '../../log.ts'
import { connect, type Sql } from './connect.ts'

/** A connection that can be given up for a new one. */
export type LogConnection = Readonly<{
  /** The client to use now; opened when first needed. */
  sql(): Sql
  /**
   * Gives up a client whose server does not answer, or whose connection broke. A driver's own
   * reconnecting waits longer with every failure (up to 20 s) and keeps a silent connection for
   * ever; a new client tries at once. Statements of the old one fail.
   */
  replace(client: Sql): void
  close(): Promise<void>
}>

type Options = Parameters<typeof connect>[1]

/** How long `close` waits for statements in flight, s. */
const CLOSE_TIMEOUT_S = 2

/** `opened` runs for every new client. */
export function logConnection(
  url: string,
  options: Options,
  opened: (client: Sql) => void = () => undefined,
): LogConnection {
  let current: Sql | undefined

  return {
    sql() {
      if (!current) {
        current = connect(url, options)
        opened(current)
      }
      return current
    },

    replace(client) {
      if (client === current) current = undefined
      end(client, 0)
    },

    async close() {
      const client = current
      current = undefined
      await client?.end({ timeout: CLOSE_TIMEOUT_S })
    },
  }
}

function end(client: Sql, timeout: number): void {
  client.end({ timeout }).catch((error: unknown) => {
    log('warn', 'log.connection-not-closed', errorFields(error))
  })
}

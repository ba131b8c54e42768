import type { Socket } from 'node:net'

/** When the steps of a connection were done, ms since it was begun. */
export type ConnectionTimes = {
  readonly startedAt: number
  dns?: number
  connect?: number
  tls?: number
}

const times = new WeakMap<object, ConnectionTimes>()

/** Takes the times of a connection that is being made; they are read by `timesOf`. */
export function timeConnection(socket: Socket): void {
  const startedAt = performance.now()
  const taken: ConnectionTimes = { startedAt }
  times.set(socket, taken)
  let since = startedAt
  const step = () => {
    const now = performance.now()
    const took = now - since
    since = now
    return took
  }
  socket.once('lookup', () => {
    taken.dns = step()
  })
  socket.once('connect', () => {
    taken.connect = step()
  })
  socket.once('secureConnect', () => {
    taken.tls = step()
  })
}

/** The times of a connection as far as it has come. */
export const timesOf = (socket: object): ConnectionTimes | undefined => times.get(socket)

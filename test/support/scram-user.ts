import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'

const ALTER_USER_SCRAM_CREDENTIALS = 51
const ITERATIONS = 8_192
/** Kafka's numbers of the mechanisms. */
const DIGESTS = [
  { mechanism: 1, digest: 'sha256', bytes: 32 },
  { mechanism: 2, digest: 'sha512', bytes: 64 },
] as const

/**
 * Sets a user's password in Kafka for both SCRAM mechanisms, through a port that asks for no
 * authentication. Written out (AlterUserScramCredentials version 0), since kafkajs can't.
 */
export async function setScramPassword(port: number, user: string, password: string) {
  // One by one: Kafka takes no user twice in a request.
  for (const { mechanism, digest, bytes } of DIGESTS) {
    const salt = randomBytes(16)
    const salted = pbkdf2Sync(password, salt, ITERATIONS, bytes, digest)
    const header = Buffer.alloc(10)
    header.writeInt16BE(ALTER_USER_SCRAM_CREDENTIALS, 0)
    header.writeInt16BE(-1, 8)
    const numbers = Buffer.alloc(5)
    numbers.writeInt8(mechanism, 0)
    numbers.writeInt32BE(ITERATIONS, 1)
    const upsertion = [compact(Buffer.from(user)), numbers, compact(salt), compact(salted), NONE]
    const body = [header, NONE, length(0), length(1), ...upsertion, NONE]
    const answer = await exchange(port, Buffer.concat(body))
    // Correlation id, tags, throttle time, length of the results, then the user and its code.
    const code = answer.readInt16BE(4 + 1 + 4 + 1 + 1 + Buffer.byteLength(user))
    if (code !== 0) throw new Error(`Kafka did not take the password of ${user}: error ${code}`)
  }
}

const NONE = Buffer.from([0])
/** Lengths of what is compact count one more; all of these are below 127. */
const length = (count: number) => Buffer.from([count + 1])
const compact = (bytes: Buffer) => Buffer.concat([length(bytes.length), bytes])

async function exchange(port: number, request: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1')
  try {
    const size = Buffer.alloc(4)
    size.writeInt32BE(request.length)
    socket.write(Buffer.concat([size, request]))
    let received = Buffer.alloc(0)
    while (received.length < 4 || received.length < 4 + received.readInt32BE(0)) {
      const [chunk] = await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })
      received = Buffer.concat([received, chunk as Buffer])
    }
    return received.subarray(4)
  } finally {
    socket.destroy()
  }
}

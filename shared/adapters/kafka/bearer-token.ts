import kafkajs, { type AuthenticationProviderArgs, type Authenticator } from 'kafkajs'

/** Ends an exchange whose token was not taken (RFC 7628, section 3.2.3). */
const GIVE_UP = '\u0001'
const SIZE_BYTES = 4

/**
 * SASL/OAUTHBEARER (RFC 7628). kafkajs's own takes the answer that refuses a token for a success, and
 * its connection then breaks without a reason.
 */
export const bearerToken =
  (token: string) =>
  ({ saslAuthenticate }: AuthenticationProviderArgs): Authenticator => ({
    async authenticate() {
      const message = `n,,\u0001auth=Bearer ${token}\u0001\u0001`
      const refusal = await saslAuthenticate({ request: framed(message), response: text })
      if (!refusal) return
      // Kafka answers this with the error.
      await saslAuthenticate({ request: framed(GIVE_UP) })
      throw new kafkajs.KafkaJSNonRetriableError(refusal)
    },
  })

function framed(message: string) {
  const bytes = Buffer.from(message)
  const size = Buffer.alloc(SIZE_BYTES)
  size.writeInt32BE(bytes.length)
  return { encode: () => Buffer.concat([size, bytes]) }
}

/** What Kafka answers: nothing when it takes the token, else why not. */
const text = {
  decode: (raw: Buffer) => raw.subarray(SIZE_BYTES),
  parse: (bytes: Buffer) => bytes.toString('utf8'),
}

import kafkajs, { type AuthenticationProviderArgs, type Mechanism } from 'kafkajs'
import plain from 'kafkajs/src/broker/saslAuthenticator/plain.js'
import scram256 from 'kafkajs/src/broker/saslAuthenticator/scram256.js'
import scram512 from 'kafkajs/src/broker/saslAuthenticator/scram512.js'
import { Failure } from '../../errors.ts'
import type { CloudAccess } from '../../ports/cloud-access.ts'
import { bearerToken } from './bearer-token.ts'
import { kafkaErrorType, misconfigured, unavailable } from './failure.ts'
import type { Login } from './kafka-url.ts'
import { type Credentials, credentialsOf } from './login-credentials.ts'
import type { Refusals } from './refusals.ts'

type Provider = Mechanism['authenticationProvider']

const PASSWORD_PROVIDERS = { 'SCRAM-SHA-512': scram512, 'SCRAM-SHA-256': scram256, PLAIN: plain }
/** How MSK says that a broker takes no more new connections this second. */
const TOO_MANY = /too many connects/i

/**
 * How kafkajs proves who we are. Credentials are asked for at each authentication, so that a secret
 * that changed is used by the next connection; kafkajs itself keeps the first ones for ever. Where
 * they were refused and the secret holds others by now, the connection is tried again with those.
 */
export function authentication(
  login: Login,
  refusals: Refusals,
  access: CloudAccess,
  now: () => number,
): Mechanism {
  const credentials = credentialsOf(login, access, now)

  async function authenticate(args: AuthenticationProviderArgs): Promise<void> {
    const given = await credentials.current()
    const exchange = noting(args)
    try {
      await providerOf(login, given)(exchange.args).authenticate()
    } catch (error) {
      const answer = exchange.error()
      if (answer !== undefined && !isRefusal(answer)) throw answer
      if (await credentials.haveChanged(given)) throw connectAgain()
      throw refusalOf(login, answer ?? error)
    }
    refusals.accepted()
  }

  const authenticationProvider: Provider = (args) => ({
    async authenticate() {
      try {
        await authenticate(args)
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        refusals.refused(error)
        // Else kafkajs tries the same once more.
        throw Object.assign(new kafkajs.KafkaJSNonRetriableError(error), { cause: error })
      }
    },
  })
  return { mechanism: login.mechanism, authenticationProvider }
}

function providerOf(login: Login, { user, password }: Credentials): Provider {
  if (login.mechanism === 'OAUTHBEARER') {
    return bearerToken(password)
  }
  return PASSWORD_PROVIDERS[login.mechanism]({ username: user, password })
}

/** kafkajs calls everything that ends an exchange a failed authentication: this keeps what it was. */
function noting(args: AuthenticationProviderArgs) {
  let noted: unknown
  const saslAuthenticate: AuthenticationProviderArgs['saslAuthenticate'] = async (exchange) => {
    try {
      return await args.saslAuthenticate(exchange)
    } catch (error) {
      noted = error
      throw error
    }
  }
  return { args: { ...args, saslAuthenticate }, error: () => noted }
}

function isRefusal(error: unknown): boolean {
  return kafkaErrorType(error) === 'SASL_AUTHENTICATION_FAILED'
}

/** The state for which kafkajs makes a new connection at once. */
function connectAgain(): Error {
  return Object.assign(new kafkajs.KafkaJSError('the credentials have changed'), {
    type: 'ILLEGAL_SASL_STATE',
  })
}

function refusalOf(login: Login, error: unknown): Failure {
  const { message } = error as Error
  if (TOO_MANY.test(message)) return unavailable(message, error)
  if (login.mechanism === 'OAUTHBEARER') {
    return misconfigured(
      `Kafka refuses this AWS identity (${message}): check its role's kafka-cluster:Connect and this machine's clock`,
      error,
    )
  }
  return 'secret' in login
    ? misconfigured(
        `Kafka refuses user and password (${message}): check secret ${login.secret}`,
        error,
      )
    : misconfigured(
        `Kafka refuses user ${login.user} (${message}): check user and password of EVENT_LOG_URL`,
        error,
      )
}

import { jsonSecret } from '../../domain/json-secret.ts'
import { renewable } from '../../domain/renewable.ts'
import type { CloudAccess } from '../../ports/cloud-access.ts'
import { misconfigured } from './failure.ts'
import type { Login } from './kafka-url.ts'

/** For an AWS identity `password` is a token. */
export type Credentials = Readonly<{ user: string; password: string }>

export type LoginCredentials = Readonly<{
  /** @throws `Misconfigured`, `Unavailable` */
  current(): Promise<Credentials>
  /** Told that these were refused: whether there are others to try. */
  haveChanged(refused: Credentials): Promise<boolean>
}>

/** A secret is read at most once in so many ms, however often Kafka refuses what it says. */
const SECRET = { leastMs: 5_000, leastAfterFailureMs: 1_000 }

/** @param now monotonic clock, ms */
export function credentialsOf(
  login: Login,
  access: Pick<CloudAccess, 'secret' | 'kafkaToken'>,
  now: () => number,
): LoginCredentials {
  if ('region' in login) {
    // Made here, without asking anyone: each connection gets its own.
    const current = async () => ({ user: '', password: await access.kafkaToken(login.region) })
    return { current, haveChanged: async () => false }
  }
  if (!('secret' in login)) {
    return { current: async () => login, haveChanged: async () => false }
  }
  const secret = renewable(async () => readLogin(login.secret, access), { ...SECRET, now })
  return {
    current: () => secret.current(),
    async haveChanged({ user, password }) {
      secret.doubt()
      const next = await secret.current()
      return next.user !== user || next.password !== password
    },
  }
}

async function readLogin(arn: string, { secret }: Pick<CloudAccess, 'secret'>) {
  const { username, password } = jsonSecret(await secret(arn))
  if (username && password) return { user: username, password }
  throw misconfigured(`secret ${arn} is no JSON object with texts at "username" and "password"`)
}

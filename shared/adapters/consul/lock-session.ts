import type { LockTerms } from '../../domain/discovery/lock-terms.ts'
import { Failure } from '../../errors.ts'
import { errorFields, log } from '../../log.ts'
import { type ConsulCall, type ConsulConnection, readNow } from './connection.ts'

/** A lock in Consul: a key, and the session that holds it or wants to. */
export type LockSession = Readonly<{ name: string; key: string; session: string; terms: LockTerms }>

/** What a lock's key says of its holder. */
export type Holder = Readonly<{ Session?: string }>

type Taken = Readonly<{
  Results?: readonly Readonly<{ KV: Readonly<{ ModifyIndex: number }> }>[]
  Errors?: readonly Readonly<{ What: string }>[]
}>

const REPEATABLE = { repeatable: true }
const IS_TAKEN = /already held|lock delay/

/** Makes a session. A repeated request may make one too many, which ends by its TTL. */
export async function createSession(
  connection: ConsulConnection,
  name: string,
  { ttlMs, lockDelayMs }: LockTerms,
): Promise<string> {
  const call: ConsulCall<{ ID: string }> = ({ session }, more) =>
    session.create({
      ...more,
      ...{ name, behavior: 'release', ttl: `${ttlMs}ms`, lockdelay: `${lockDelayMs}ms` },
      // Without any it would end with the agent's node, although its holder lives.
      checks: [],
    })
  const { value } = await connection.ask(call, REPEATABLE)
  if (!value) throw new Failure('Unavailable', 'Consul: it made no session')
  return value.ID
}

/** Renews a session; false when Consul does not know it. */
export async function renewSession(connection: ConsulConnection, id: string): Promise<boolean> {
  try {
    await connection.ask(({ session }, more) => session.renew({ ...more, id }), REPEATABLE)
    return true
  } catch (error) {
    if (error instanceof Failure && error.kind === 'NotFound') return false
    throw error
  }
}

/** Ends a session; where that fails, its TTL ends it, so it is tried once. */
export async function endSession(connection: ConsulConnection, id: string): Promise<void> {
  try {
    await connection.ask(({ session }, more) => session.destroy({ ...more, id }), {
      repeatable: false,
    })
  } catch (error) {
    log('warn', 'lock.session-left', errorFields(error))
  }
}

/**
 * Takes a lock if it is free and answers its token. In a transaction, because that answers the index
 * of the change, which grows over all keys and over the deletion of this one; LockIndex does not.
 */
export async function takeLock(
  connection: ConsulConnection,
  { key, session }: LockSession,
): Promise<number | undefined> {
  const operations = [{ KV: { Verb: 'lock', Key: key, Value: '', Session: session } }]
  // Its types have the verb in lower case and no options; what it sends is what it is given.
  const call = (({ transaction }, more) =>
    transaction.create(operations as never, more as never)) as ConsulCall<Taken>
  try {
    const { value } = await connection.ask(call, { repeatable: false })
    return value?.Results?.[0]?.KV.ModifyIndex
  } catch (error) {
    if (error instanceof Failure && error.kind === 'Conflict') {
      if (IS_TAKEN.test(error.message)) return undefined
      throw new Failure('Unavailable', error.message, { cause: error })
    }
    throw error
  }
}

/** Gives a lock back without its delay; one that another session holds is left alone. */
export async function giveBack(
  connection: ConsulConnection,
  { key, session }: LockSession,
): Promise<void> {
  const call: ConsulCall<boolean> = ({ kv }, more) =>
    kv.set({ ...more, key, value: '', release: session })
  await connection.ask(call, REPEATABLE)
}

/** Reads who holds a lock; a call for blocking queries too. */
export const readHolder =
  (key: string): ConsulCall<Holder | null> =>
  ({ kv }, more) =>
    kv.get({ ...more, key }) as Promise<Holder | null>

/** Who holds a lock after every write that was acknowledged: its session, or undefined. */
export async function readHolderNow(
  connection: ConsulConnection,
  key: string,
): Promise<string | undefined> {
  const { value } = await connection.ask(readNow(readHolder(key)), REPEATABLE)
  return value?.Session
}

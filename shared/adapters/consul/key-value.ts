import {
  findKeyProblem,
  findPrefixProblem,
  VALUE_LIMIT_BYTES,
} from '../../domain/discovery/key-problems.ts'
import { Failure } from '../../errors.ts'
import type { KeyValue, KeyValueEntry } from '../../ports/key-value.ts'
import { blockingQuery } from './blocking-query.ts'
import { type ConsulCall, consulConnection, readNow } from './connection.ts'
import type { ConsulSettings } from './settings.ts'

const ROOT = 'omninode-bridge/'
const READ = { repeatable: true }
/** A second try of a write could undo what somebody else wrote in between. */
const WRITE = { repeatable: false }

type ConsulItem = Readonly<{ Key: string; Value: string | null; ModifyIndex: number }>

/** Texts in Consul's key-value store, under a folder of their own; a version is a ModifyIndex. */
export function consulKeyValue(settings: ConsulSettings, root = ROOT): KeyValue {
  const connection = consulConnection(settings)

  async function write(key: string, value: string, condition: { cas?: number }) {
    accept(findKeyProblem(key))
    if (!value.isWellFormed()) throw new Failure('InvalidInput', 'a value must be well-formed text')
    if (Buffer.byteLength(value) > VALUE_LIMIT_BYTES) {
      throw new Failure('TooLarge', `a value is at most ${VALUE_LIMIT_BYTES} bytes`)
    }
    const call: ConsulCall<boolean> = ({ kv }, more) =>
      kv.set({ ...more, ...condition, key: root + key, value })
    return (await connection.ask(call, WRITE)).value === true
  }

  const toEntry = ({ Key, Value, ModifyIndex }: ConsulItem): KeyValueEntry => ({
    key: Key.slice(root.length),
    value: Value ?? '',
    version: ModifyIndex,
  })
  const toEntries = (items: readonly ConsulItem[] = []) =>
    items.map(toEntry).sort((a, b) => (a.key < b.key ? -1 : 1))
  /** Its types know the answer to `recurse` as one item or many; it is always many. */
  const readAll =
    (prefix: string) =>
    ({ kv }: Parameters<ConsulCall<unknown>>[0], more: Parameters<ConsulCall<unknown>>[1]) =>
      kv.get({ ...more, key: root + prefix, recurse: true }) as Promise<ConsulItem[]>

  return {
    async get(key) {
      accept(findKeyProblem(key))
      const call: ConsulCall<ConsulItem | null> = ({ kv }, more) =>
        kv.get({ ...more, key: root + key })
      const { value } = await connection.ask(readNow(call), READ)
      return value ? toEntry(value) : undefined
    },

    async set(key, value) {
      await write(key, value, {})
    },
    create: (key, value) => write(key, value, { cas: 0 }),
    // Consul takes the version 0 for `create`.
    replace: async (key, value, version) =>
      version > 0 && (await write(key, value, { cas: version })),

    async remove(key, version) {
      accept(findKeyProblem(key))
      if (version <= 0) return false
      const call: ConsulCall<boolean> = ({ kv }, more) =>
        kv.del({ ...more, key: root + key, cas: version })
      return (await connection.ask(call, WRITE)).value === true
    },

    async delete(key) {
      accept(findKeyProblem(key))
      await connection.ask(({ kv }, more) => kv.del({ ...more, key: root + key }), WRITE)
    },

    async list(prefix) {
      accept(findPrefixProblem(prefix))
      return toEntries((await connection.ask(readNow(readAll(prefix)), READ)).value)
    },

    watch(prefix, signal) {
      accept(findPrefixProblem(prefix))
      return blockingQuery(connection, readAll(prefix), toEntries, signal)
    },

    async close() {
      connection.close()
    },
  }
}

function accept(problem: string | undefined): void {
  if (problem) throw new Failure('InvalidInput', problem)
}

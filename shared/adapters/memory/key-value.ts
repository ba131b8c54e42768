import {
  findKeyProblem,
  findPrefixProblem,
  VALUE_LIMIT_BYTES,
} from '../../domain/discovery/key-problems.ts'
import { Failure } from '../../errors.ts'
import type { KeyValue, KeyValueEntry } from '../../ports/key-value.ts'
import { changes } from './watching.ts'

/** Texts under keys in memory, for tests. */
export function memoryKeyValue(): KeyValue {
  const entries = new Map<string, KeyValueEntry>()
  const changed = changes()

  function write(key: string, value: string, isAllowed: (known?: KeyValueEntry) => boolean) {
    accept(findKeyProblem(key))
    if (!value.isWellFormed()) throw new Failure('InvalidInput', 'a value must be well-formed text')
    if (Buffer.byteLength(value) > VALUE_LIMIT_BYTES) {
      throw new Failure('TooLarge', `a value is at most ${VALUE_LIMIT_BYTES} bytes`)
    }
    if (!isAllowed(entries.get(key))) return false
    // Watchers wake a moment later, when the entry is there.
    entries.set(key, { key, value, version: changed.next() })
    return true
  }

  function erase(key: string, isAllowed: (known?: KeyValueEntry) => boolean): boolean {
    accept(findKeyProblem(key))
    if (!isAllowed(entries.get(key))) return false
    entries.delete(key)
    changed.next()
    return true
  }

  const readAll = (prefix: string) => () =>
    [...entries.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1))

  return {
    async get(key) {
      accept(findKeyProblem(key))
      return entries.get(key)
    },
    async set(key, value) {
      write(key, value, () => true)
    },
    create: async (key, value) => write(key, value, (known) => known === undefined),
    replace: async (key, value, version) =>
      write(key, value, (known) => known?.version === version),
    remove: async (key, version) => erase(key, (known) => known?.version === version),
    async delete(key) {
      erase(key, (known) => known !== undefined)
    },
    async list(prefix) {
      accept(findPrefixProblem(prefix))
      return readAll(prefix)()
    },
    watch(prefix, signal) {
      accept(findPrefixProblem(prefix))
      return changed.watch(readAll(prefix), signal)
    },
    async close() {
      changed.close()
    },
  }
}

function accept(problem: string | undefined): void {
  if (problem) throw new Failure('InvalidInput', problem)
}

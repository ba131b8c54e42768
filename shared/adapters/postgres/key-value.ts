import type postgres from 'postgres'
import {
  findKeyProblem,
  findPrefixProblem,
  VALUE_LIMIT_BYTES,
} from '../../domain/discovery/key-problems.ts'
import { Failure } from '../../errors.ts'
import type { KeyValue, KeyValueEntry } from '../../ports/key-value.ts'
import { ask, connect } from './connect.ts'
import { type Revised, registryFeed } from './registry-feed.ts'
import { ANSWER_MS, channelOf, registryOptions } from './registry-sql.ts'

type Row = { key: string; value: Buffer; version: number }
type Fragment = postgres.PendingQuery<postgres.Row[]>

const CLOSE_TIMEOUT_S = 2
/** Sorts behind every character that a key may have. */
const BEHIND_ALL = '\x7f'

/**
 * Texts in `registry.entry`. Writers take their number from one counter and so wait for each other,
 * which makes versions grow over deletions and a watch's index say what it holds.
 */
export function postgresKeyValue(url: string): KeyValue {
  const sql = connect(url, registryOptions('key-value'))
  const feed = registryFeed(sql, 'entry')
  const answer = <T>(asked: PromiseLike<T>) => ask(asked, ANSWER_MS)

  /** Runs a change that names its keys; whether there were any. `numbered` has its number. */
  async function change(statement: Fragment): Promise<boolean> {
    const [row] = await answer(sql<{ count: number }[]>`
      with numbered as (
        update registry.revision set latest = latest + 1 where subject = 'entry' returning latest
      ),
      changed as (${statement} returning key)
      select count(pg_notify(${channelOf('entry')}, key)) as count from changed`)
    return (row?.count ?? 0) > 0
  }

  const insert = (key: string, value: string) => sql`
    insert into registry.entry as known (key, value, version)
    select ${key}, ${bytesOf(key, value)}, latest from numbered`
  const erase = (key: string, condition: Fragment) => sql`
    delete from registry.entry using numbered where key = ${key} and ${condition}`

  async function read(prefix: string): Promise<Revised<readonly KeyValueEntry[]>> {
    const rows = await sql<({ index: number } & (Row | { key: null }))[]>`
      select latest as index, key, value, version
      from registry.revision
      left join registry.entry on key >= ${prefix} and key < ${prefix + BEHIND_ALL}
      where subject = 'entry'
      order by key`
    return {
      index: rows[0]?.index ?? 0,
      value: rows.flatMap((row) => (row.key === null ? [] : [toEntry(row)])),
    }
  }

  return {
    async get(key) {
      accept(findKeyProblem(key))
      const [row] = await answer(sql<Row[]>`
        select key, value, version from registry.entry where key = ${key}`)
      return row && toEntry(row)
    },

    async set(key, value) {
      await change(sql`${insert(key, value)}
        on conflict (key) do update set value = excluded.value, version = excluded.version`)
    },

    create: async (key, value) => change(sql`${insert(key, value)} on conflict do nothing`),

    replace: async (key, value, version) =>
      change(sql`
        update registry.entry set value = ${bytesOf(key, value)}, version = latest
        from numbered where key = ${key} and version = ${version}`),

    async remove(key, version) {
      accept(findKeyProblem(key))
      return change(erase(key, sql`version = ${version}`))
    },

    async delete(key) {
      accept(findKeyProblem(key))
      await change(erase(key, sql`true`))
    },

    async list(prefix) {
      accept(findPrefixProblem(prefix))
      return (await answer(read(prefix))).value
    },

    watch(prefix, signal) {
      accept(findPrefixProblem(prefix))
      return feed.watch(
        () => read(prefix),
        (key) => key.startsWith(prefix),
        signal,
      )
    },

    async close() {
      await feed.close()
      await sql.end({ timeout: CLOSE_TIMEOUT_S })
    },
  }
}

/** The bytes of a value that can be kept. @throws `InvalidInput`, `TooLarge` */
function bytesOf(key: string, value: string): Buffer {
  accept(findKeyProblem(key))
  if (!value.isWellFormed()) throw new Failure('InvalidInput', 'a value must be well-formed text')
  const bytes = Buffer.from(value)
  if (bytes.byteLength <= VALUE_LIMIT_BYTES) return bytes
  throw new Failure('TooLarge', `a value is at most ${VALUE_LIMIT_BYTES} bytes`)
}

function toEntry({ key, value, version }: Row): KeyValueEntry {
  return { key, value: value.toString(), version }
}

function accept(problem: string | undefined): void {
  if (problem) throw new Failure('InvalidInput', problem)
}

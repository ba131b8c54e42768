import type { Sql } from './connect.ts'

/** What is counted and told apart in schema `registry`. */
export type RegistrySubject = 'instance' | 'entry' | 'lock'

/** Calls answer or fail within 5 s; the server gives up a little earlier than we do. */
export const ANSWER_MS = 4_500
const STATEMENT_TIMEOUT_MS = 4_000

/** Names are spread over so many connections of one process. */
export const registryOptions = (applicationName: string) => ({
  applicationName,
  max: 4,
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
})

/** The channel on which names of one kind are told once they have changed. */
export const channelOf = (subject: RegistrySubject): string => `registry_${subject}`

/**
 * The end of a statement whose part `changed` has the names of what it changed: counts the change, if
 * there is one, and tells of it with the commit. Counting waits for all of `changed`, so that rows are
 * locked before the counter, by everyone.
 */
export const countAndTell = (sql: Sql, subject: RegistrySubject) => sql`
  counted as (
    update registry.revision set latest = latest + 1
    where subject = ${subject} and (select count(*) from changed) > 0
  ),
  told as (
    select pg_notify(${channelOf(subject)}, name) from (select distinct name from changed) as names
  )`

/** A text as PostgreSQL takes it, and no longer than anybody reads. */
export function storable(text: string): string {
  return text.slice(0, MAX_NOTE).toWellFormed().replaceAll('\0', '\ufffd')
}

const MAX_NOTE = 4_096

import type { Recordable } from '../../domain/recording/recordable.ts'
import type { Transaction } from './connect.ts'
import { numberArray } from './event-array.ts'

/** A batch divided by what is known of its events' identities. */
export type Identified = Readonly<{
  /** Never seen before, one per identity. */
  fresh: readonly Recordable[]
  /** Another content under a taken identity, each content once. */
  conflicts: readonly Recordable[]
}>

/** Takes the identities of a batch: who else records one of them meanwhile waits for our commit. */
export async function takeIdentities(
  tx: Transaction,
  batch: readonly Recordable[],
): Promise<Identified> {
  const first = new Map<string, Recordable>()
  for (const event of batch) if (!first.has(event.identity)) first.set(event.identity, event)
  // In one order for everybody, so that two batches never wait for each other.
  const events = [...first.values()].sort((a, b) => (a.identity < b.identity ? -1 : 1))
  const rows = await tx<{ key: string }[]>`
    insert into events.identity (key, content, day)
    select *, (now() at time zone 'UTC')::date
    from unnest(
      ${numberArray(events, ({ identity }) => identity)}::text::uuid[],
      ${numberArray(events, ({ content }) => content)}::text::uuid[])
    on conflict (key) do nothing
    returning replace(key::text, '-', '') as key`
  if (rows.length === batch.length) return { fresh: batch, conflicts: [] }

  const taken = new Set(rows.map(({ key }) => key))
  const contents = await knownContents(
    tx,
    events.filter(({ identity }) => !taken.has(identity)),
  )
  const conflicts = new Map<string, Recordable>()
  for (const event of batch) {
    const accepted = contents.get(event.identity) ?? first.get(event.identity)?.content
    if (event.content !== accepted) conflicts.set(event.identity + event.content, event)
  }
  return {
    fresh: [...first.values()].filter(({ identity }) => taken.has(identity)),
    conflicts: [...conflicts.values()],
  }
}

async function knownContents(
  tx: Transaction,
  events: readonly Recordable[],
): Promise<ReadonlyMap<string, string>> {
  if (events.length === 0) return new Map()
  const rows = await tx<{ key: string; content: string }[]>`
    select replace(key::text, '-', '') as key, replace(content::text, '-', '') as content
    from events.identity
    where key = any(${numberArray(events, ({ identity }) => identity)}::text::uuid[])`
  return new Map(rows.map(({ key, content }) => [key, content]))
}

/** Remembers conflicts; answers those that were not known. */
export async function takeConflicts(
  tx: Transaction,
  conflicts: readonly Recordable[],
): Promise<readonly Recordable[]> {
  const rows = await tx<{ name: string }[]>`
    insert into events.conflict (key, content, day)
    select *, (now() at time zone 'UTC')::date
    from unnest(
      ${numberArray(conflicts, ({ identity }) => identity)}::text::uuid[],
      ${numberArray(conflicts, ({ content }) => content)}::text::uuid[]) as c (key, content)
    order by 1, 2
    on conflict do nothing
    returning replace(key::text || content::text, '-', '') as name`
  const names = new Set(rows.map(({ name }) => name))
  return conflicts.filter(({ identity, content }) => names.has(identity + content))
}

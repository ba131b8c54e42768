import { ask, type Sql } from './connect.ts'

/** One member of a consumer group, as the database knows it. */
export type Member = Readonly<{
  id: string
  group: string
  topic: string
  startingPosition: 'earliest' | 'latest'
}>

/** A partition of a member's topic, and where the member stands. */
export type MemberPartition = Readonly<{
  member: string
  partitionId: number
  partition: number
  /** Who reads it; null when that member is not alive any more. */
  owner: string | null
  position: number
  /** First offset kept. */
  first: number
  /** The offset that the next record will get. */
  end: number
  members: number
  rank: number
}>

type Row = {
  member: string
  partition_id: number
  partition: number
  owner: string | null
  owner_alive: boolean
  position: number
  first_offset: number
  next_offset: number
  members: number
  rank: number
}

const TIMEOUT_MS = 5_000

/** Says that members are alive, and answers what they see. @throws `Unavailable` */
export async function renewMembers(
  sql: Sql,
  members: readonly Member[],
  leaseMs: number,
): Promise<readonly MemberPartition[]> {
  const rows = await ask(
    sql<Row[]>`
      select * from log.renew(
        ${members.map(({ id }) => id)}::text[],
        ${members.map(({ group }) => group)}::text[],
        ${members.map(({ topic }) => topic)}::text[],
        ${fromLatest(members)}::boolean[],
        ${leaseMs}
      )`,
    TIMEOUT_MS,
  )
  return rows.map((row) => ({
    member: row.member,
    partitionId: row.partition_id,
    partition: row.partition,
    owner: row.owner_alive ? row.owner : null,
    position: row.position,
    first: row.first_offset,
    end: row.next_offset,
    members: row.members,
    rank: row.rank,
  }))
}

/** The driver takes an array of booleans for one boolean; the literal it leaves alone. */
function fromLatest(members: readonly Member[]): string {
  return `{${members.map(({ startingPosition }) => startingPosition === 'latest').join(',')}}`
}

/** A partition that a member wants, has, or gives back. */
export type Claim = Readonly<{ member: string; group: string; partitionId: number }>

/** Takes partitions that are free. Answers those that it got, with their positions. */
export async function claimPartitions(
  sql: Sql,
  claims: readonly Claim[],
): Promise<readonly Readonly<{ member: string; partitionId: number; position: number }>[]> {
  return ask(
    sql<{ member: string; partitionId: number; position: number }[]>`
      update log.position held set owner = wanted.member
      from unnest(
        ${claims.map(({ member }) => member)}::text[],
        ${claims.map(({ group }) => group)}::text[],
        ${claims.map(({ partitionId }) => partitionId)}::integer[]
      ) as wanted (member, group_name, partition_id)
      where held.group_name = wanted.group_name
        and held.partition_id = wanted.partition_id
        and not exists (
          select from log.member alive
          where alive.id = held.owner and alive.expires_at > clock_timestamp()
        )
      returning held.owner as member, held.partition_id as "partitionId", held.position`,
    TIMEOUT_MS,
  )
}

/** Gives partitions back, and tells the other members. */
export async function releasePartitions(sql: Sql, claims: readonly Claim[]): Promise<void> {
  await ask(
    sql`
      with released as (
        update log.position held set owner = null
        from unnest(
          ${claims.map(({ member }) => member)}::text[],
          ${claims.map(({ group }) => group)}::text[],
          ${claims.map(({ partitionId }) => partitionId)}::integer[]
        ) as given (member, group_name, partition_id)
        where held.group_name = given.group_name
          and held.partition_id = given.partition_id
          and held.owner = given.member
      )
      select pg_notify('log_members', ${claims[0]?.group ?? ''})`,
    TIMEOUT_MS,
  )
}

/** Tells the other members of a group that one came. */
export async function announceMember(sql: Sql, group: string): Promise<void> {
  await ask(sql`select pg_notify('log_members', ${group})`, TIMEOUT_MS)
}

/** Ends a membership and gives back whatever it held. */
export async function removeMember(sql: Sql, member: Member): Promise<void> {
  await ask(
    sql`
      with gone as (
        delete from log.member where id = ${member.id}
      ), released as (
        update log.position set owner = null
        where group_name = ${member.group} and owner = ${member.id}
      )
      select pg_notify('log_members', ${member.group})`,
    TIMEOUT_MS,
  )
}

/** A position to keep. */
export type KeptPosition = Claim & Readonly<{ position: number }>

/**
 * Keeps positions. Answers for each whether its member still is the owner; one that lost the
 * partition changes nothing.
 */
export async function keepPositions(
  sql: Sql,
  positions: readonly KeptPosition[],
): Promise<readonly boolean[]> {
  const kept = await ask(
    sql<{ nr: number }[]>`
      update log.position held set position = done.position
      from unnest(
        ${positions.map(({ member }) => member)}::text[],
        ${positions.map(({ group }) => group)}::text[],
        ${positions.map(({ partitionId }) => partitionId)}::integer[],
        ${positions.map(({ position }) => position)}::bigint[]
      ) with ordinality as done (member, group_name, partition_id, position, nr)
      where held.group_name = done.group_name
        and held.partition_id = done.partition_id
        and held.owner = done.member
      returning done.nr::integer as nr`,
    TIMEOUT_MS,
  )
  const numbers = new Set(kept.map(({ nr }) => nr))
  return positions.map((_, index) => numbers.has(index + 1))
}

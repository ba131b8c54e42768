import { backoffMs } from '../../domain/backoff.ts'
import { Failure } from '../../errors.ts'
import { errorFields, log } from '../../log.ts'
import type { EventConsumer } from '../../ports/event-consumer.ts'
import type { Sql } from './connect.ts'
import { logConnection } from './log-connection.ts'
import { type GroupMember, groupMember } from './log-member.ts'
import {
  announceMember,
  claimPartitions,
  type MemberPartition,
  releasePartitions,
  removeMember,
  renewMembers,
} from './log-membership.ts'
import { logRequests } from './log-requests.ts'
import { spans } from './log-slices.ts'

export type ConsumerOptions = Readonly<{
  /** A member that stays silent for so long loses its partitions, ms. */
  leaseMs?: number
}>

const LEASE_MS = 10_000
/** Renewals per lease: two may fail before another member takes over. */
const RENEWALS = 3
const CONNECTIONS = 2

/**
 * Reads schema `log` in consumer groups. All subscriptions of a process share one LISTEN connection,
 * two for statements, and one renewal, which is the safety poll too: idle, it asks the database once
 * in `leaseMs` / 3.
 */
export function postgresEventConsumer(url: string, options: ConsumerOptions = {}): EventConsumer {
  const leaseMs = options.leaseMs ?? LEASE_MS
  const members = new Map<string, GroupMember>()
  const connection = logConnection(
    lazyCommits(url),
    { applicationName: 'omninode-consumer', max: CONNECTIONS },
    listen,
  )
  const requests = logRequests(connection)
  let timer: NodeJS.Timeout | undefined
  let failures = 0
  let renewing: Promise<void> | undefined
  let next: Promise<void> | undefined
  let closed = false

  function listen(client: Sql): void {
    // What it leads to is told by the renewal that fails too, or covered by the safety poll.
    const failed = (error: unknown) => log('debug', 'log.not-listening', errorFields(error))
    client.listen('log_appended', hear, renewInBackground).catch(failed)
    client
      .listen('log_members', (group) => {
        const concerns = ({ member }: GroupMember) => group === '' || member.group === group
        if ([...members.values()].some(concerns)) renewInBackground()
      })
      .catch(failed)
  }

  function hear(appended: string): void {
    if (appended === '') renewInBackground()
    for (const span of spans(appended)) {
      for (const member of members.values()) member.hear(span)
    }
  }

  /** A failure is logged, and a timer set, where it happens. */
  function renewInBackground(): void {
    renewSoon().catch(() => undefined)
  }

  /** Renews now, or once more after the renewal that is under way. */
  function renewSoon(): Promise<void> {
    if (!renewing) {
      renewing = renew().finally(() => {
        renewing = undefined
      })
      return renewing
    }
    next ??= renewing
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return renewSoon()
      })
    return next
  }

  async function renew(): Promise<void> {
    if (closed || members.size === 0) return
    const client = connection.sql()
    try {
      const known = [...members.values()].map(({ member }) => member)
      await share(client, await renewMembers(client, known, leaseMs))
      failures = 0
    } catch (error) {
      failures++
      connection.replace(client)
      log('warn', 'log.lease-not-renewed', errorFields(error))
      throw error
    } finally {
      clearTimeout(timer)
      const mostMs = leaseMs / RENEWALS
      const pauseMs = failures > 0 ? backoffMs(failures, Math.random(), { mostMs }) : mostMs
      if (!closed) timer = setTimeout(renewInBackground, pauseMs)
    }
  }

  async function share(client: Sql, seen: readonly MemberPartition[]): Promise<void> {
    const byMember = Map.groupBy(seen, ({ member }) => member)
    const claims = [...members.values()].flatMap((one) =>
      one.follow(byMember.get(one.member.id) ?? []),
    )
    if (claims.length === 0) return
    for (const { member, partitionId, position } of await claimPartitions(client, claims)) {
      const partition = byMember.get(member)?.find((one) => one.partitionId === partitionId)
      if (partition) members.get(member)?.start({ ...partition, position })
    }
  }

  async function leave(one: GroupMember): Promise<void> {
    await one.stop()
    if (!members.delete(one.member.id)) return
    // A renewal under way could bring the member back to life.
    await renewing?.catch(() => undefined)
    await removeMember(connection.sql(), one.member).catch((error: unknown) =>
      // Its lease runs out by itself.
      log('warn', 'log.member-not-removed', errorFields(error)),
    )
  }

  return {
    async consume(subscription, handle) {
      if (closed) throw new Failure('Unavailable', 'the consumer is closed')
      const release = (claims: Parameters<typeof releasePartitions>[1]) =>
        releasePartitions(connection.sql(), claims)
      const one = groupMember({ subscription, handle, requests, release })
      members.set(one.member.id, one)
      try {
        await renewSoon()
        if (!(await requests.topicExists(subscription.topic))) {
          throw new Failure('NotFound', `topic ${subscription.topic} does not exist`)
        }
        await announceMember(connection.sql(), subscription.group)
      } catch (error) {
        await leave(one)
        throw error
      }
      return { stop: () => leave(one) }
    },

    async close() {
      await Promise.all([...members.values()].map(leave))
      closed = true
      clearTimeout(timer)
      await renewing?.catch(() => undefined)
      await requests.idle()
      await connection.close()
    },
  }
}

/** A position lost in a crash costs a batch read twice: not worth a flush to disk each. */
function lazyCommits(url: string): string {
  const lazy = new URL(url)
  lazy.searchParams.set('synchronous_commit', 'off')
  return lazy.href
}

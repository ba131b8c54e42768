import middy from '@middy/core'
import { openAccessPublisher } from '#shared/adapters/access-snapshots.ts'
import { openDirectory, openKeyValue } from '#shared/adapters/discovery.ts'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { postgresAuditOutbox } from '#shared/adapters/postgres/access-outbox.ts'
import { postgresAccessPublication } from '#shared/adapters/postgres/access-publication.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { forgetIdentities, forgetWords } from '#shared/adapters/postgres/event-retention.ts'
import { expireRecords } from '#shared/adapters/postgres/log-retention.ts'
import { dropPartitions, makePartitions } from '#shared/adapters/postgres/partitions.ts'
import { sweepPatterns } from '#shared/adapters/postgres/pattern-sweep.ts'
import { forgetQuotas } from '#shared/adapters/postgres/quotas.ts'
import * as sessions from '#shared/adapters/postgres/session-retention.ts'
import { env } from './env.ts'
import { type Chore, housekeeping } from './housekeeping.ts'
import { sweepDocuments } from './sweep-documents.ts'

const { DATABASE_URL, DISCOVERY_URL, EVENT_LOG_URL, ACCESS_SNAPSHOT_URL } = env.parse(process.env)
const applicationName = 'housekeeping'
const sql = connect(DATABASE_URL, { applicationName })
const log = EVENT_LOG_URL.startsWith('postgres') && connect(EVENT_LOG_URL, { applicationName })
const services = {
  directory: await openDirectory(DISCOVERY_URL),
  keyValue: await openKeyValue(DISCOVERY_URL),
}
const outbox = postgresAuditOutbox(sql, await openEventLog(EVENT_LOG_URL))
const publication = postgresAccessPublication(sql, openAccessPublisher(ACCESS_SNAPSHOT_URL))

const chore = (name: string, run: Chore['run']): Chore => ({ name, run })
const chores: readonly Chore[] = [
  chore('publish access', () => publication.publish().then(() => [])),
  chore('bring the audit trail to the log', () => outbox.drain()),
  chore('make partitions', (now) => makePartitions(sql, now)),
  chore('drop partitions', (now) => dropPartitions(sql, now)),
  chore('lapse sessions', (now) => sessions.lapseSessions(sql, now)),
  chore('forget identities', (now) => forgetIdentities(sql, now)),
  chore('forget words', () => forgetWords(sql)),
  chore('forget sessions', (now) => sessions.forgetSessions(sql, now)),
  chore('forget steps', (now) => sessions.forgetSteps(sql, now)),
  chore('forget quotas', (now) => forgetQuotas(sql, now)),
  chore('sweep documents', (now) => sweepDocuments(services, now)),
  chore('sweep patterns', (now) => sweepPatterns(sql, now)),
  ...(log ? [chore('expire log records', (now) => expireRecords(log, now))] : []),
]

/** Scheduled every minute: what has to happen as time goes by. */
export const handler = middy().handler(housekeeping({ chores, now: () => new Date() }))

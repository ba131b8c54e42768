import middy from '@middy/core'
import { openAccessPublisher } from '#shared/adapters/access-snapshots.ts'
import { postgresAccessPublication } from '#shared/adapters/postgres/access-publication.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { forgetIdentities, forgetWords } from '#shared/adapters/postgres/event-retention.ts'
import { expireRecords } from '#shared/adapters/postgres/log-retention.ts'
import { dropPartitions, makePartitions } from '#shared/adapters/postgres/partitions.ts'
import { sweepPatterns } from '#shared/adapters/postgres/pattern-sweep.ts'
import {
  forgetSessions,
  forgetSteps,
  lapseSessions,
} from '#shared/adapters/postgres/session-retention.ts'
import { env } from './env.ts'
import { housekeeping } from './housekeeping.ts'

const { DATABASE_URL, EVENT_LOG_URL, ACCESS_SNAPSHOT_URL } = env.parse(process.env)
const sql = connect(DATABASE_URL, { applicationName: 'housekeeping' })
const log = EVENT_LOG_URL.startsWith('postgres')
  ? connect(EVENT_LOG_URL, { applicationName: 'housekeeping' })
  : undefined

const publication = postgresAccessPublication(sql, openAccessPublisher(ACCESS_SNAPSHOT_URL))

const chores = [
  { name: 'publish access', run: () => publication.publish().then(() => []) },
  { name: 'make partitions', run: (now: Date) => makePartitions(sql, now) },
  { name: 'drop partitions', run: (now: Date) => dropPartitions(sql, now) },
  { name: 'lapse sessions', run: (now: Date) => lapseSessions(sql, now) },
  { name: 'forget identities', run: (now: Date) => forgetIdentities(sql, now) },
  { name: 'forget words', run: () => forgetWords(sql) },
  {
    name: 'sweep patterns',
    run: (now: Date) => sweepPatterns(sql, now).then(({ sessions }) => sessions),
  },
  { name: 'forget sessions', run: (now: Date) => forgetSessions(sql, now) },
  { name: 'forget steps', run: (now: Date) => forgetSteps(sql, now) },
  ...(log ? [{ name: 'expire log records', run: (now: Date) => expireRecords(log, now) }] : []),
]

/** Scheduled every minute: what has to happen as time goes by. */
export const handler = middy().handler(housekeeping({ chores, now: () => new Date() }))

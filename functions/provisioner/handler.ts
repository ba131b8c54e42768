import middy from '@middy/core'
import { openAccessPublisher } from '#shared/adapters/access-snapshots.ts'
import { openTopicAdmin } from '#shared/adapters/event-log.ts'
import { postgresAccessBootstrap } from '#shared/adapters/postgres/access-bootstrap.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresDatabaseSchema } from '#shared/adapters/postgres/database-schema.ts'
import { topics } from '#shared/domain/topics.ts'
import { log } from '#shared/log.ts'
import { env } from './env.ts'
import { provisioner } from './provisioner.ts'
import type { Answer } from './schema.ts'

const { DATABASE_ADMIN_URL, APPLICATION_ROLE, EVENT_LOG_URL, ACCESS_SNAPSHOT_URL } = env.parse(
  process.env,
)
const sql = connect(DATABASE_ADMIN_URL, { applicationName: 'provisioner' })

const provision = provisioner({
  schema: postgresDatabaseSchema(sql, {
    applicationRole: APPLICATION_ROLE,
    report: (progress) => log('info', 'migration_progress', { function: 'provisioner', progress }),
  }),
  openTopics: () => openTopicAdmin(EVENT_LOG_URL),
  manifest: topics,
  access: postgresAccessBootstrap(sql, openAccessPublisher(ACCESS_SNAPSHOT_URL)),
  now: () => new Date(),
})

/** The deploy step: invoked after the stacks of broker and database, before those of the functions. */
export const handler = middy<unknown, Answer>().handler(provision)

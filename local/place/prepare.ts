import { openAccessPublisher } from '#shared/adapters/access-snapshots.ts'
import { openTopicAdmin } from '#shared/adapters/event-log.ts'
import { ensureFirstKey } from '#shared/adapters/postgres/access-bootstrap.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { migrate } from '#shared/adapters/postgres/migrate.ts'
import { topics } from '#shared/domain/topics.ts'
import type { DataFolder } from './data-folder.ts'

type Stores = Readonly<{ databaseUrl: string; eventLogUrl: string; folder: DataFolder }>

/** Brings database, topics and keys to what the functions expect. Safe to run at every start. */
export async function prepareStores({ databaseUrl, eventLogUrl, folder }: Stores): Promise<void> {
  const sql = connect(databaseUrl, { applicationName: 'omninode-start' })
  try {
    await migrate(sql)
    const admin = await openTopicAdmin(eventLogUrl)
    await admin.apply(topics).finally(() => admin.close())
    const publisher = openAccessPublisher(folder.accessSnapshotUrl)
    await ensureFirstKey(sql, publisher, new Date(), async (key) => folder.keepAdminKey(key))
  } finally {
    await sql.end()
  }
}

import { openTopicAdmin } from '#shared/adapters/event-log.ts'
import { topics } from '#shared/domain/topics.ts'
import { eventLogUrl, withoutPassword } from './place.ts'
import { runCommand } from './run-command.ts'

const USAGE = `npm run topics -- [--dry-run]

Makes the topics of the event log what the manifest (shared/domain/topics.ts) says: creates topics,
adds partitions, sets retention and the size of the largest record. Safe to repeat, and to run side by
side. There are three copies of each partition where there are three brokers.

There is no way back, and none is needed: a topic or partition that this manifest does not know is left
as it is with its records, so older code finds all that it reads, and newer code all that it wrote.

  --dry-run   say what would be done, and do nothing

The log is EVENT_LOG_URL, else KAFKA_BROKERS (host:port,host:port; plaintext), else that of the npm
start which runs on DATA_DIR (.omninode). EVENT_LOG_URL is one of

  postgres://user:password@host/db            or with ?secret=<ARN>, ?auth=iam instead of a password
  kafka://host:port,host:port                 plaintext
  kafkas://user:password@host:port,...        TLS; or with ?secret=<ARN>, ?auth=iam; ?ca=<file or ARN>
  msk:<cluster ARN>?auth=iam|tls|scram        brokers found through AWS; scram with &secret=<ARN>

(docs/reference/connections.md).`

await runCommand(USAGE, { 'dry-run': { type: 'boolean' } }, async ({ values }) => {
  const dryRun = values['dry-run'] ?? false
  const url = eventLogUrl(process.env)
  const admin = await openTopicAdmin(url)
  try {
    const changes = dryRun ? await admin.plan(topics) : await admin.apply(topics)
    const needed = changes.filter(({ change }) => change !== 'none')
    for (const { topic, change } of needed) console.log(`${change.padEnd(15)} ${topic}`)
    const said = dryRun ? 'would be made' : 'made'
    const unchanged = changes.length - needed.length
    console.log(
      `${needed.length} changes ${said}, ${unchanged} topics as they should be, on ${withoutPassword(url)}`,
    )
    return 0
  } finally {
    await admin.close()
  }
})

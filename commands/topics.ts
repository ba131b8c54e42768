import { openTopicAdmin } from '#shared/adapters/event-log.ts'
import { topics } from '#shared/domain/topics.ts'
import { eventLogUrl, withoutPassword } from './place.ts'
import { runCommand } from './run-command.ts'

const USAGE = `npm run topics -- [--dry-run]

Makes the topics of the event log what the manifest (shared/domain/topics.ts) says: creates topics,
adds partitions, sets retention. Takes nothing away. Safe to repeat.

  --dry-run   say what would be done, and do nothing

The log is EVENT_LOG_URL (postgres://... or kafka://host:port,host:port), else KAFKA_BROKERS, else
that of the npm start which runs on DATA_DIR (.omninode).`

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

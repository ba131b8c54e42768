import type { Topic } from '#shared/domain/topics.ts'
import { Failure } from '#shared/errors.ts'
import { log } from '#shared/log.ts'
import type { AccessBootstrap } from '#shared/ports/access-bootstrap.ts'
import type { DatabaseSchema } from '#shared/ports/database-schema.ts'
import type { TopicAdmin } from '#shared/ports/topic-admin.ts'
import { type Action, type Answer, actions, type Request, request } from './schema.ts'

type Dependencies = Readonly<{
  schema: DatabaseSchema
  openTopics: () => Promise<TopicAdmin>
  manifest: readonly Topic[]
  access: AccessBootstrap
  now: () => Date
}>

/**
 * Brings database, topics and keys to what the functions expect, or says what is missing. Safe to
 * run twice and side by side; what failed is done by the next run.
 *
 * @throws `InvalidInput` for a request that is none
 * @throws `Failure` naming the action that failed; those before it are done
 */
export const provisioner =
  ({ schema, openTopics, manifest, access, now }: Dependencies) =>
  async (input: unknown): Promise<Answer> => {
    const { firstKey, only, to, acceptLoss, dryRun } = parse(input)
    const wanted = new Set<Action>(only ?? (to === undefined ? actions : ['migrations']))
    const done: Answer = { migrations: [], topics: [], firstKey: 'skipped' }
    if (wanted.has('migrations')) {
      await named('migrations', async () => {
        done.migrations = [...(await schema.migrate({ target: to, acceptLoss, dryRun }))]
        // Taken back, the tables to admit anyone to may be gone.
        if (!dryRun && to === undefined) await schema.admitFunctions()
      })
    }
    if (wanted.has('topics')) {
      await named('topics', async () => {
        done.topics = needed(await withTopics(openTopics, manifest, dryRun))
      })
    }
    if (wanted.has('access')) {
      await named('access', async () => {
        done.firstKey = dryRun
          ? await access.preview(firstKey)
          : await access.admit(firstKey, now())
      })
    }
    log('info', 'provisioned', { function: 'provisioner', dryRun, ...done })
    return done
  }

function parse(input: unknown): Request {
  const parsed = request.safeParse(input ?? {})
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`)
  throw new Failure('InvalidInput', `not a request: ${wrong.join('; ')}`)
}

async function withTopics(
  open: Dependencies['openTopics'],
  manifest: readonly Topic[],
  dryRun: boolean,
) {
  const admin = await open()
  try {
    return await (dryRun ? admin.plan(manifest) : admin.apply(manifest))
  } finally {
    await admin.close()
  }
}

const needed = (changes: Awaited<ReturnType<TopicAdmin['plan']>>): Answer['topics'] =>
  changes.flatMap(({ topic, change }) => (change === 'none' ? [] : [{ topic, change }]))

/** Whoever invokes a function sees of an error its name and its message alone. */
async function named(action: Action, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const { message } = error as Error
    const kind = error instanceof Failure ? error.kind : 'Unavailable'
    throw new Failure(kind, `${action}: ${message}`, { cause: error })
  }
}

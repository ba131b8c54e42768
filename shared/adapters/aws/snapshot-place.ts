import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { parseSnapshot } from '../../domain/access-snapshot.ts'
import { Failure } from '../../errors.ts'
import type { SnapshotPlace } from '../../ports/snapshot-place.ts'

const VERSION = 'access-version'
const REQUEST_TIMEOUT_MS = 2_000

/**
 * Keeps the snapshot in an object, `s3://bucket/key`, encrypted as the bucket says. S3 is consistent:
 * a read after a write sees it.
 */
export function s3SnapshotPlace(url: string, client = newClient()): SnapshotPlace {
  const { hostname: Bucket, pathname } = new URL(url)
  const object = { Bucket, Key: pathname.slice(1) }
  const soon = () => ({ abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })

  /** Tag and version of what lies there; undefined when nothing does. */
  async function head() {
    try {
      const { ETag, Metadata } = await client.send(new HeadObjectCommand(object), soon())
      return { tag: ETag ?? '', version: Number(Metadata?.[VERSION] ?? -1) }
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw error
    }
  }

  return {
    async read(tag) {
      try {
        const command = new GetObjectCommand({ ...object, ...(tag ? { IfNoneMatch: tag } : {}) })
        const { Body, ETag } = await client.send(command, soon())
        const snapshot = parseSnapshot((await Body?.transformToString()) ?? '')
        if (!snapshot) throw new Failure('Unavailable', 'the access snapshot is not readable')
        return { tag: ETag ?? '', snapshot }
      } catch (error) {
        if (statusOf(error) === 304) return undefined
        throw asUnavailable(error, 'the access snapshot could not be read')
      }
    },

    async publish(snapshot) {
      try {
        const current = await head()
        if (current && current.version > snapshot.version) return
        // The condition keeps a publisher that was held up from overwriting a newer snapshot.
        const unchanged = current ? { IfMatch: current.tag } : { IfNoneMatch: '*' }
        await client.send(
          new PutObjectCommand({
            ...object,
            ...unchanged,
            Body: JSON.stringify(snapshot),
            ContentType: 'application/json',
            Metadata: { [VERSION]: String(snapshot.version) },
          }),
          soon(),
        )
      } catch (error) {
        throw asUnavailable(error, 'the access snapshot could not be written')
      }
    },
  }
}

function newClient(): S3Client {
  return new S3Client({ maxAttempts: 2 })
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode
}

function asUnavailable(error: unknown, message: string): Failure {
  return error instanceof Failure ? error : new Failure('Unavailable', message, { cause: error })
}

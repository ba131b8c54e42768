import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Failure } from '../../errors.ts'
import type { DocumentPlace } from '../../ports/document-place.ts'

const REQUEST_TIMEOUT_MS = 2_000
/** What a condition that does not hold is answered with; the second one when another writes just then. */
const CONDITION_FAILED = new Set([412, 409])

/**
 * Keeps documents as objects under a prefix, `s3://bucket/prefix/`, encrypted as the bucket says. S3 is
 * consistent: a read after a write sees it.
 */
export function s3DocumentPlace(folderUrl: string, client = newClient()): DocumentPlace {
  const { hostname: Bucket, pathname } = new URL(folderUrl)
  const object = (name: string) => ({ Bucket, Key: pathname.slice(1) + name })
  const soon = () => ({ abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })

  async function write(name: string, text: string, condition: object): Promise<string> {
    const command = new PutObjectCommand({
      ...object(name),
      ...condition,
      Body: text,
      ContentType: 'application/json',
    })
    try {
      const { ETag } = await client.send(command, soon())
      return ETag ?? ''
    } catch (error) {
      const status = statusOf(error)
      const isConflict = status !== undefined && CONDITION_FAILED.has(status)
      const kind = isConflict ? 'Conflict' : 'Unavailable'
      throw new Failure(kind, `${name} could not be written`, { cause: error })
    }
  }

  return {
    async read(name, tag) {
      const known = tag === undefined ? {} : { IfNoneMatch: tag }
      try {
        const { Body, ETag } = await client.send(
          new GetObjectCommand({ ...object(name), ...known }),
          soon(),
        )
        return { tag: ETag ?? '', text: (await Body?.transformToString()) ?? '' }
      } catch (error) {
        const status = statusOf(error)
        if (status === 304) return undefined
        const kind = status === 404 ? 'NotFound' : 'Unavailable'
        throw new Failure(kind, `${name} could not be read`, { cause: error })
      }
    },

    async put(name, text) {
      await write(name, text, {})
    },

    replace: (name, text, tag) =>
      write(name, text, tag === undefined ? { IfNoneMatch: '*' } : { IfMatch: tag }),

    async remove(name) {
      try {
        await client.send(new DeleteObjectCommand(object(name)), soon())
      } catch (error) {
        throw new Failure('Unavailable', `${name} could not be removed`, { cause: error })
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

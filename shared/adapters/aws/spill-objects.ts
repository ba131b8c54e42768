import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Failure } from '../../errors.ts'
import { awsFailure } from './failure.ts'

/** Objects for what no message can hold (claim check); the bucket forgets them by itself. */
export type SpillObjects = Readonly<{
  /** @throws `Unavailable`, `Misconfigured` */
  put(key: string, content: Buffer, signal: AbortSignal): Promise<void>
  /** @throws `NotFound`, `Unavailable`, `Misconfigured` */
  get(key: string): Promise<Buffer>
}>

const READ_TIMEOUT_MS = 5_000

export function spillObjects(bucket: string | undefined, client?: S3Client): SpillObjects {
  let opened = client
  const open = () => {
    opened ??= new S3Client({})
    return opened
  }
  const object = (Key: string) => {
    if (bucket === undefined) {
      throw new Failure('Misconfigured', 'spill: SPILL_URL names no bucket for large messages')
    }
    return { Bucket: bucket, Key }
  }

  return {
    async put(key, content, abortSignal) {
      const command = new PutObjectCommand({ ...object(key), Body: content })
      try {
        await open().send(command, { abortSignal })
      } catch (error) {
        throw awsFailure(error, 'spill: an object was not written', `s3:PutObject on ${bucket}`)
      }
    },
    async get(key) {
      const command = new GetObjectCommand(object(key))
      try {
        const abortSignal = AbortSignal.timeout(READ_TIMEOUT_MS)
        const { Body } = await open().send(command, { abortSignal })
        return Buffer.from((await Body?.transformToByteArray()) ?? [])
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') {
          throw new Failure('NotFound', `spill: there is no object ${key}`, { cause: error })
        }
        throw awsFailure(error, 'spill: an object was not read', `s3:GetObject on ${bucket}`)
      }
    },
  }
}

import { Failure } from '../../errors.ts'

/** Where a spill in AWS lies. */
export type SpillPlace = Readonly<{
  queueUrl: string
  /** Bucket for what no message can hold. */
  bucket: string | undefined
}>

/** Reads `sqs:<queue URL>?bucket=<name>`. @throws `InvalidInput` */
export function spillPlace(url: string): SpillPlace {
  const given = /^sqs:(https?:\/\/.+)$/.exec(url)?.[1]
  if (!given) {
    throw new Failure('InvalidInput', 'a spill in SQS is sqs:<queue URL>?bucket=<name>')
  }
  const queue = new URL(given)
  const bucket = queue.searchParams.get('bucket') ?? undefined
  queue.search = ''
  return { queueUrl: queue.href, bucket }
}

import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'

/** S3's answers to reading, writing and deleting objects, conditions included, without its network. */
export class ObjectsInMemory extends S3Client {
  readonly objects = new Map<string, { Body: string; ETag: string }>()
  #puts = 0
  isDown = false
  /** Commands so far. */
  requests = 0

  override async send(command: unknown): Promise<never> {
    const answer = (value: unknown) => value as never
    this.requests += 1
    if (this.isDown) throw new Error('connect ECONNREFUSED')
    if (command instanceof PutObjectCommand) {
      const { Key = '', Body, IfMatch, IfNoneMatch } = command.input
      const found = this.objects.get(Key)
      const isRefused = IfNoneMatch === '*' ? found : IfMatch && found?.ETag !== IfMatch
      if (isRefused) throw refusal(412)
      this.#puts += 1
      const ETag = `"${this.#puts}"`
      this.objects.set(Key, { Body: String(Body), ETag })
      return answer({ ETag })
    }
    if (command instanceof DeleteObjectCommand) {
      this.objects.delete(command.input.Key ?? '')
      return answer({})
    }
    if (!(command instanceof GetObjectCommand)) throw new Error('this command is not known here')
    const found = this.objects.get(command.input.Key ?? '')
    if (!found) throw refusal(404)
    if (command.input.IfNoneMatch === found.ETag) throw refusal(304)
    return answer({ ETag: found.ETag, Body: { transformToString: async () => found.Body } })
  }
}

const refusal = (httpStatusCode: number) =>
  Object.assign(new Error(`status ${httpStatusCode}`), { $metadata: { httpStatusCode } })

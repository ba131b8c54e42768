// The parts of kafkajs 2.2.4 that its public surface leaves out and `cluster.ts` needs: reading a
// partition and keeping a group's position without being a member. The version is pinned.
declare module 'kafkajs/src/cluster/index.js' {
  import type { ISocketFactory, KafkaConfig, Logger, RetryOptions } from 'kafkajs'

  export type FetchedMessage = Readonly<{
    offset: string
    timestamp: string
    key: Buffer | null
    value: Buffer | null
    headers?: Readonly<Record<string, Buffer | readonly Buffer[] | null>>
    isControlRecord?: boolean
  }>

  type TopicPartitions<Partition> = readonly Readonly<{
    topic: string
    partitions: readonly Partition[]
  }>[]

  /** A request and its answer as bytes, for what kafkajs has no call for. */
  export type ProtocolRequest<Answer> = {
    request: {
      apiKey: number
      apiVersion: number
      apiName: string
      encode(): Promise<import('kafkajs/src/protocol/encoder.js').default>
    }
    response: {
      decode(data: Buffer): Promise<Answer>
      parse(answer: Answer): Promise<Answer>
    }
  }

  export type Broker = {
    connectionPool: { send<Answer>(request: ProtocolRequest<Answer>): Promise<Answer> }
    fetch(request: {
      isolationLevel: number
      maxWaitTime: number
      minBytes: number
      maxBytes: number
      topics: TopicPartitions<{ partition: number; fetchOffset: string; maxBytes: number }>
    }): Promise<{
      responses: readonly { partitions: readonly { messages: readonly FetchedMessage[] }[] }[]
    }>
    offsetCommit(request: {
      groupId: string
      groupGenerationId: number
      memberId: string
      topics: TopicPartitions<{ partition: number; offset: string }>
    }): Promise<unknown>
    offsetFetch(request: {
      groupId: string
      /** None stands for all. */
      topics: TopicPartitions<{ partition: number }>
    }): Promise<{
      responses: TopicPartitions<{ partition: number; offset: string }>
    }>
  }

  // biome-ignore lint/style/noDefaultExport: this is what the file of kafkajs has
  export default class Cluster {
    constructor(options: {
      brokers: KafkaConfig['brokers']
      ssl?: KafkaConfig['ssl']
      sasl?: KafkaConfig['sasl']
      clientId: string
      connectionTimeout: number
      requestTimeout: number
      enforceRequestTimeout: boolean
      metadataMaxAge: number
      allowAutoTopicCreation: boolean
      retry: RetryOptions
      logger: Logger
      socketFactory: ISocketFactory
      isolationLevel: number
    })
    connect(): Promise<void>
    disconnect(): Promise<void>
    refreshMetadata(): Promise<void>
    refreshMetadataIfNecessary(): Promise<void>
    findControllerBroker(): Promise<Broker>
    addMultipleTargetTopics(topics: readonly string[]): Promise<void>
    findTopicPartitionMetadata(topic: string): readonly { partitionId: number; leader: number }[]
    findBroker(node: { nodeId: number }): Promise<Broker>
    findGroupCoordinator(group: { groupId: string }): Promise<Broker>
    fetchTopicsOffset(
      topics: readonly Readonly<{
        topic: string
        partitions: readonly { partition: number }[]
        fromBeginning: boolean
      }>[],
    ): Promise<TopicPartitions<{ partition: number; offset: string }>>
  }
}

declare module 'kafkajs/src/protocol/encoder.js' {
  // biome-ignore lint/style/noDefaultExport: this is what the file of kafkajs has
  export default class Encoder {
    writeInt8(value: number): Encoder
    writeBoolean(value: boolean): Encoder
    writeString(value: string): Encoder
    writeArray(values: readonly Encoder[]): Encoder
  }
}

declare module 'kafkajs/src/protocol/decoder.js' {
  // biome-ignore lint/style/noDefaultExport: this is what the file of kafkajs has
  export default class Decoder {
    constructor(data: Buffer)
    readInt8(): number
    readInt16(): number
    readInt32(): number
    readString(): string | null
    readArray<T>(read: (decoder: Decoder) => T): T[]
  }
}

declare module 'kafkajs/src/protocol/error.js' {
  import type { KafkaJSProtocolError } from 'kafkajs'
  export function createErrorFromCode(code: number): KafkaJSProtocolError
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs'
  // biome-ignore lint/style/noDefaultExport: this is what the file of kafkajs has
  export default function socketFactory(): ISocketFactory
}

declare module 'kafkajs/src/broker/saslAuthenticator/scram512.js' {
  import type { AuthenticationProviderArgs, Authenticator } from 'kafkajs'
  // biome-ignore lint/style/noDefaultExport: this is what the file of kafkajs has
  export default function scram512(login: {
    username: string
    password: string
  }): (args: AuthenticationProviderArgs) => Authenticator
}

declare module 'kafkajs/src/broker/saslAuthenticator/scram256.js' {
  export { default } from 'kafkajs/src/broker/saslAuthenticator/scram512.js'
}

declare module 'kafkajs/src/broker/saslAuthenticator/plain.js' {
  export { default } from 'kafkajs/src/broker/saslAuthenticator/scram512.js'
}

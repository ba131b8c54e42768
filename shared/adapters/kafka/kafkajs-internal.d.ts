// The parts of kafkajs 2.2.4 that its public surface leaves out and `cluster.ts` needs: reading a
// partition and keeping a group's position without being a member. The version is pinned.
declare module 'kafkajs/src/cluster/index.js' {
  import type { ISocketFactory, Logger, RetryOptions } from 'kafkajs'

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

  export type Broker = {
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
      brokers: string[]
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
    refreshMetadataIfNecessary(): Promise<void>
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

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs'
  // biome-ignore lint/style/noDefaultExport: this is what the file of kafkajs has
  export default function socketFactory(): ISocketFactory
}

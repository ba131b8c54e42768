import kafkajs from 'kafkajs'
import Cluster from 'kafkajs/src/cluster/index.js'
import socketFactory from 'kafkajs/src/network/socketFactory.js'
import Decoder from 'kafkajs/src/protocol/decoder.js'
import Encoder from 'kafkajs/src/protocol/encoder.js'
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js'
import { connectionOptions, type KafkaSettings, kafkaClient, retry } from './settings.ts'

/** What is set for a topic. */
export type TopicConfigs = Readonly<{
  topic: string
  entries: readonly Readonly<{ name: string; value: string }>[]
}>

const API_KEY = 44
const SET = 0
/** An admin may wait. */
const REQUEST_TIMEOUT_MS = 10_000
const METADATA_MAX_AGE_MS = 1_000
const READ_COMMITTED = 1

/**
 * Sets configs of topics and leaves all others as they are (Kafka protocol, IncrementalAlterConfigs
 * version 0). kafkajs knows AlterConfigs alone, which resets what it is not told, also what somebody
 * else sets at that moment.
 */
export async function setConfigs(
  settings: KafkaSettings,
  topics: readonly TopicConfigs[],
): Promise<void> {
  const cluster = new Cluster({
    socketFactory: socketFactory(),
    ...connectionOptions(settings),
    requestTimeout: REQUEST_TIMEOUT_MS,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    allowAutoTopicCreation: false,
    retry: retry(5),
    logger: kafkaClient(settings).logger(),
    isolationLevel: READ_COMMITTED,
  })
  try {
    await cluster.connect()
    await cluster.refreshMetadata()
    const controller = await cluster.findControllerBroker()
    await controller.connectionPool.send({
      request: {
        apiKey: API_KEY,
        apiVersion: 0,
        apiName: 'IncrementalAlterConfigs',
        encode: async () => encode(topics),
      },
      response: { decode: async (data) => decode(data), parse: async (answer) => answer },
    })
  } finally {
    await cluster.disconnect()
  }
}

function encode(topics: readonly TopicConfigs[]): Encoder {
  const resources = topics.map(({ topic, entries }) =>
    new Encoder()
      .writeInt8(kafkajs.ConfigResourceTypes.TOPIC)
      .writeString(topic)
      .writeArray(
        entries.map(({ name, value }) =>
          new Encoder().writeString(name).writeInt8(SET).writeString(value),
        ),
      ),
  )
  return new Encoder().writeArray(resources).writeBoolean(false)
}

/**
 * @returns what kafkajs looks for in every answer
 * @throws Kafka's error of the first topic that has one, which says more than its code
 */
function decode(data: Buffer): { clientSideThrottleTime: number } {
  const decoder = new Decoder(data)
  const clientSideThrottleTime = decoder.readInt32()
  const results = decoder.readArray((each) => ({
    code: each.readInt16(),
    message: each.readString(),
    type: each.readInt8(),
    topic: each.readString(),
  }))
  const refused = results.find(({ code }) => code !== 0)
  if (!refused) return { clientSideThrottleTime }
  const error = createErrorFromCode(refused.code)
  throw Object.assign(error, { message: `${refused.topic}: ${refused.message ?? error.message}` })
}

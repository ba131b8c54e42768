import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Bridge, startBridge } from './bridge.ts'
import { givenKafka, makeTopics, WITHOUT_KAFKA } from './kafka-parts.ts'
import type { SendOptions, SendResult } from './kafka-senders.ts'
import { runLoad } from './load.ts'
import type { BenchOptions, Report } from './report.ts'

const CONNECTIONS = 16
const ROUNDS = 3
/** Intake's own have to be recorded too before the next round: not more than needed. */
const RECORDS = 16_000
const WARM_UP = 6_000
/** As many partitions as the topic has that the hooks go to. */
const ALONE = { name: 'bench.alone', partitions: 4, retentionMs: 3_600_000, carries: 'a benchmark' }

/** Single hooks onto a real Kafka, beside kafkajs alone with the same records, batching and acks. */
export async function kafkaIntake({ smoke }: BenchOptions): Promise<Report> {
  const url = givenKafka()
  if (!url) return WITHOUT_KAFKA
  await makeTopics(url, [ALONE])
  const alone: SendResult[] = []
  const called: SendResult[] = []
  const served: Awaited<ReturnType<typeof throughTheDoor>>[] = []
  const rounds = Array.from({ length: smoke ? 1 : ROUNDS }, (_, round) => round)
  // Before anything reads what they send.
  for (const round of rounds) {
    alone.push(await send('kafkajs', url, smoke, round))
    called.push(await send('function', url, smoke, round))
  }
  const bridge = await startBridge(undefined, { EVENT_LOG_URL: url })
  try {
    for (const round of rounds) {
      await bridge.settle()
      served.push(await throughTheDoor(bridge, smoke, round))
    }
  } finally {
    await bridge.stop()
  }
  const floor = rate(alone)
  const function_ = rate(called)
  const door = served.reduce((all, { events }) => all + events, 0) / seconds(served)
  return {
    figures: [
      { name: 'kafkajs alone', value: floor, unit: '/s' },
      { name: 'hook-receiver, called as Lambda calls it', value: function_, unit: '/s' },
      { name: 'its ratio', value: function_ / floor, unit: '', atLeast: 0.6 },
      { name: 'CPU per record, kafkajs', value: cpu(alone), unit: 'ms' },
      { name: 'CPU per hook, hook-receiver', value: cpu(called), unit: 'ms' },
      { name: 'through the front door, recorded and learned', value: door, unit: '/s' },
      { name: 'ratio of that', value: door / floor, unit: '' },
      { name: 'answer p50', value: Math.max(...served.map(({ p50Ms }) => p50Ms)), unit: 'ms' },
      { name: 'answer p99', value: Math.max(...served.map(({ p99Ms }) => p99Ms)), unit: 'ms' },
    ],
    notes: ['the front door shares two cores with its client, Kafka, PostgreSQL and the consumers'],
  }
}

async function send(who: SendOptions['who'], url: string, smoke: boolean, round: number) {
  const options: SendOptions = {
    who,
    brokers: url.replace('kafka://', ''),
    topic: ALONE.name,
    senders: CONNECTIONS,
    warmUp: smoke ? 500 : WARM_UP,
    records: smoke ? 1_000 : RECORDS,
    label: `${who}-${round}`,
  }
  const program = `${import.meta.dirname}/kafka-senders.ts`
  const args = ['--disable-warning=TimeoutNegativeWarning', program, JSON.stringify(options)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as SendResult
}

async function throughTheDoor(bridge: Bridge, smoke: boolean, round: number) {
  const result = await runLoad({
    port: bridge.port,
    key: bridge.client.key,
    connections: CONNECTIONS,
    warmUpMs: smoke ? 200 : 1_500,
    durationMs: smoke ? 500 : 4_000,
    batch: 1,
    label: `kafka-${round}`,
  })
  const refused = result.requests - (result.statuses['202'] ?? 0)
  if (refused > 0) throw new Error(`${refused} hooks were not accepted`)
  return result
}

const seconds = (results: readonly { seconds: number }[]) =>
  results.reduce((all, one) => all + one.seconds, 0)

const sent = (results: readonly SendResult[]) => results.reduce((all, one) => all + one.sent, 0)

const rate = (results: readonly SendResult[]) => sent(results) / seconds(results)

const cpu = (results: readonly SendResult[]) =>
  results.reduce((all, { cpuMs }) => all + cpuMs, 0) / sent(results)

import { setTimeout as pause } from 'node:timers/promises'
import { startBridge } from './bridge.ts'
import { Connection } from './connection.ts'
import { hookStream } from './hooks.ts'
import { givenKafka, WITHOUT_KAFKA } from './kafka-parts.ts'
import type { BenchOptions } from './report.ts'
import { quantile, type Report } from './report.ts'

const PER_SECOND = 300
/** Every so many hooks one is watched until it is readable. */
const SAMPLE_EVERY = 17
const SENDERS = 8
const READERS = 4
const GIVE_UP_MS = 10_000

/** From the 202 to the first answer of `GET /events/{id}` that has the event. */
export async function freshness(options: BenchOptions): Promise<Report> {
  return measure(options, {}, { p50Ms: 30, p99Ms: 150 })
}

/** The same with a real Kafka as the log. */
export async function kafkaFreshness(options: BenchOptions): Promise<Report> {
  const url = givenKafka()
  if (!url) return WITHOUT_KAFKA
  return measure(options, { EVENT_LOG_URL: url }, { p50Ms: 40, p99Ms: 200 })
}

async function measure(
  { smoke }: BenchOptions,
  env: Readonly<Record<string, string>>,
  atMost: Readonly<{ p50Ms: number; p99Ms: number }>,
): Promise<Report> {
  const bridge = await startBridge(undefined, env)
  // What a log that others use too still holds from before is none of this.
  await bridge.settle()
  const open = (count: number) =>
    Array.from({ length: count }, () => new Connection('127.0.0.1', bridge.port))
  const senders = open(SENDERS)
  const readers = open(READERS)
  const key = bridge.client.key
  const hooks = hookStream('fresh', { ids: true })
  const waits: number[] = []
  const watches: Promise<void>[] = []

  const watch = async (id: string, reader: Connection): Promise<void> => {
    const accepted = performance.now()
    const request = `GET /events/${id} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n\r\n`
    for (;;) {
      const { status } = await reader.send(request)
      const waited = performance.now() - accepted
      if (status === 200 || waited > GIVE_UP_MS) {
        waits.push(waited)
        readers.push(reader)
        return
      }
      await pause(1)
    }
  }
  const send = async (sender: Connection, at: number): Promise<void> => {
    const { status } = await sender.send(post(key, hooks.next()))
    senders.push(sender)
    if (status !== 202) throw new Error(`a hook was answered with ${status}`)
    const reader = at % SAMPLE_EVERY === 0 ? readers.pop() : undefined
    if (reader) watches.push(watch(`fresh-${at}`, reader))
  }

  try {
    const total = PER_SECOND * (smoke ? 1 : 15)
    const started = performance.now()
    const sent: Promise<void>[] = []
    for (let at = 0; at < total; at++) {
      const due = started + (at * 1_000) / PER_SECOND
      while (performance.now() < due || senders.length === 0) await pause(1)
      const sender = senders.pop()
      if (sender) sent.push(send(sender, at))
    }
    await Promise.all(sent)
    const seconds = (performance.now() - started) / 1_000
    await Promise.all(watches)
    return {
      figures: [
        { name: 'hooks sent', value: total / seconds, unit: '/s' },
        { name: 'watched', value: waits.length, unit: 'events' },
        {
          name: 'accepted to readable p50',
          value: quantile(waits, 0.5),
          unit: 'ms',
          atMost: atMost.p50Ms,
        },
        {
          name: 'accepted to readable p99',
          value: quantile(waits, 0.99),
          unit: 'ms',
          atMost: atMost.p99Ms,
        },
        { name: 'slowest', value: quantile(waits, 1), unit: 'ms' },
      ],
    }
  } finally {
    for (const connection of [...senders, ...readers]) connection.close()
    await bridge.stop()
  }
}

function post(key: string, body: string): string {
  return `POST /hooks HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

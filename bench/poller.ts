import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { kafkaEventLog } from '#shared/adapters/kafka/event-log.ts'
import { kafkaLogBrowser } from '#shared/adapters/kafka/log-browser.ts'
import { kafkaTopicAdmin } from '#shared/adapters/kafka/topic-admin.ts'
import { stageWith, startPollerProcess } from '#test/support/poller-process.ts'
import { usageOf } from '#test/support/process-tree.ts'
import { backlogRecord, spanMicros } from './backlog-record.ts'
import { type BenchOptions, type Figure, quantile, type Report } from './report.ts'

const RECORDS = 150_000
const SMOKE_RECORDS = 5_000
const ROUNDS = 3
/** As the stages have it. */
const BATCH_SIZE = 1_000
const PARTITIONS = 4
const APPEND = 1_000
const GIVE_UP_MS = 120_000

type Speed = Readonly<{ perSecond: number; invocations?: number; cpuMs?: number }>
type Backlog = Readonly<{ brokers: string; topic: string; records: number }>

/** The same backlog read by the poller and by a bare kafkajs consumer, each from its beginning. */
export async function poller({ smoke }: BenchOptions): Promise<Report> {
  const brokers = process.env.KAFKA_BROKERS
  if (!brokers) return { figures: [], notes: ['NOT MEASURED: KAFKA_BROKERS names no Kafka'] }
  const backlog = await appendBacklog(brokers, smoke ? SMOKE_RECORDS : RECORDS)
  const rounds = smoke ? 1 : ROUNDS
  const ways = {
    poller: () => pollerSpeed(backlog),
    floor: () => floorSpeed(backlog),
    'poller in process': () => printedSpeed('poller-in-process.ts', backlog, []),
    'floor in process': () => printedSpeed('poller-floor.ts', backlog, [PARTITIONS, 'in-process']),
  }
  const speeds: Record<string, Speed[]> = {}
  // In turn, so that a busy moment of the machine meets all of them.
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of Object.entries(ways)) {
      speeds[name] = [...(speeds[name] ?? []), await measure()]
    }
  }
  return reportOf(speeds, backlog, rounds)
}

function reportOf(
  speeds: Readonly<Record<string, readonly Speed[]>>,
  { records }: Backlog,
  rounds: number,
): Report {
  const median = (name: string) =>
    quantile(speeds[name]?.map(({ perSecond }) => perSecond) ?? [], 0.5)
  const speed = (name: string, of: string): Figure => ({
    ...{ name, value: median(of), unit: 'records/s' },
  })
  // Neighbours in time, which shared the same machine's mood.
  const ratios = (one: string, other: string) =>
    (speeds[one] ?? []).map(({ perSecond }, round) => {
      return perSecond / (speeds[other]?.[round]?.perSecond ?? Number.NaN)
    })
  const cpu = (name: string, of: string): Figure => ({
    name,
    value:
      quantile(speeds[of]?.map(({ cpuMs = Number.NaN }) => cpuMs / records) ?? [], 0.5) * 1_000,
    unit: 'us',
  })
  const invocations = speeds.poller?.[0]?.invocations ?? 0
  return {
    figures: [
      {
        name: 'poller: Kafka -> function -> commit, of a bare consumer',
        ...{ value: quantile(ratios('poller', 'floor'), 0.5), unit: '', atLeast: 0.7 },
      },
      speed('  poller', 'poller'),
      speed('  bare kafkajs, same event to the same endpoint', 'floor'),
      cpu('  CPU per record of the poller, start included', 'poller'),
      cpu('  CPU per record of the bare consumer', 'floor'),
      {
        name: 'the same with the function called in process',
        value: quantile(ratios('poller in process', 'floor in process'), 0.5),
        unit: '',
      },
      speed('  poller', 'poller in process'),
      speed('  bare kafkajs', 'floor in process'),
    ],
    notes: [
      `${records} records in ${PARTITIONS} partitions, up to ${BATCH_SIZE} an invocation`,
      `${Math.round(records / Math.max(invocations, 1))} records an invocation of the poller`,
      `medians of ${rounds}; ${Object.entries(speeds)
        .map(([name, list]) => `${name} ${list.map((one) => Math.round(one.perSecond)).join(' ')}`)
        .join('; ')}`,
    ],
  }
}

async function appendBacklog(brokers: string, records: number): Promise<Backlog> {
  const url = `kafka://${brokers}`
  const topic = `bench.poller.${Date.now().toString(36)}`
  const admin = kafkaTopicAdmin(url)
  const retentionMs = 3_600_000
  await admin.apply([{ name: topic, partitions: PARTITIONS, retentionMs, carries: 'a benchmark' }])
  await admin.close()
  const log = kafkaEventLog(url)
  const startMicros = Date.now() * 1_000 - spanMicros(records)
  for (let at = 0; at < records; at += APPEND) {
    const size = Math.min(APPEND, records - at)
    await log.append(
      Array.from({ length: size }, (_, nr) => ({ ...backlogRecord(at + nr, startMicros), topic })),
    )
  }
  await log.close()
  return { brokers, topic, records }
}

async function pollerSpeed({ brokers, topic, records }: Backlog): Promise<Speed> {
  const endpoint = await startEndpoint()
  const group = `poller-${topic}-${Date.now()}`
  const mapping = { functionName: 'reader', topic, group, batchSize: BATCH_SIZE }
  const assembly = stageWith(mapping)
  const process = await startPollerProcess({ assembly, brokers, endpoint: endpoint.url })
  const speed = await endpoint.counted(records)
  const { cpuMs } = usageOf([process.pid])
  await process.stop()
  await endpoint.stop()
  await checkCommitted(brokers, group, records)
  return { ...speed, cpuMs }
}

/** That what was counted was committed too. */
async function checkCommitted(brokers: string, group: string, records: number): Promise<void> {
  const browser = kafkaLogBrowser(`kafka://${brokers}`)
  const lags = (await browser.lag(new Date())).filter((one) => one.group === group)
  await browser.close()
  const committed = lags.reduce((sum, { position }) => sum + position, 0)
  if (committed !== records) throw new Error(`${committed} of ${records} records were committed`)
}

async function floorSpeed({ brokers, topic, records }: Backlog): Promise<Speed> {
  const endpoint = await startEndpoint()
  const args = [brokers, topic, BATCH_SIZE, PARTITIONS, endpoint.url].map(String)
  const floor = run('poller-floor.ts', args)
  const speed = await endpoint.counted(records)
  const { cpuMs } = usageOf([floor.pid ?? 0])
  await ended(floor)
  await endpoint.stop()
  return { ...speed, cpuMs }
}

/** Speed of a reader that prints it when it is done. */
async function printedSpeed(
  script: string,
  { brokers, topic, records }: Backlog,
  more: readonly (string | number)[],
): Promise<Speed> {
  const reader = run(script, [brokers, topic, BATCH_SIZE, ...more, records].map(String))
  const { records: read, ms } = JSON.parse(await firstLine(reader)) as {
    records: number
    ms: number
  }
  await ended(reader)
  return { perSecond: (read * 1_000) / ms }
}

async function startEndpoint() {
  const server = run('poller-endpoint.ts', [])
  const url = `http://127.0.0.1:${await firstLine(server)}`
  return {
    url,
    async counted(records: number): Promise<Speed> {
      const deadline = performance.now() + GIVE_UP_MS
      while (performance.now() < deadline) {
        const counts = (await (await fetch(url)).json()) as Record<string, number>
        const { records: counted = 0, ms = 1, invocations = 0 } = counts
        if (counted >= records) return { perSecond: (counted * 1_000) / ms, invocations }
        await pause(100)
      }
      throw new Error(`${records} records were not read in ${GIVE_UP_MS} ms`)
    },
    stop: () => ended(server),
  }
}

function run(script: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

/** Closes a process's input, which ends it. */
async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((done) => child.once('exit', done))
  child.stdin?.end()
  await gone
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    const end = text.indexOf('\n')
    if (end >= 0) return text.slice(0, end)
  }
  throw new Error('a reader ended before it said anything')
}

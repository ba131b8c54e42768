import { parseArgs } from 'node:util'
import {
  type BenchOptions,
  isReached,
  notJudged,
  type Report,
  toTable,
  writeReport,
} from './report.ts'

/** A bundle's own source may stand in an error. */
const LONGEST_ERROR = 2_000

type Bench = Readonly<{
  name: string
  summary: string
  load: () => Promise<(options: BenchOptions) => Promise<Report>>
}>

const benches: readonly Bench[] = [
  {
    name: 'intake',
    summary: 'single hooks on 16 connections, beside a bare server that parses the same body',
    load: async () => (await import('./intake.ts')).intake,
  },
  {
    name: 'batches',
    summary: 'hooks in batches of 500',
    load: async () => (await import('./intake.ts')).batches,
  },
  {
    name: 'proxy-latency',
    summary: 'what the bridge adds to a call, at 500 calls/s, beside direct calls',
    load: async () => (await import('./proxy-latency.ts')).proxyLatency,
  },
  {
    name: 'proxy-throughput',
    summary: 'calls of 1 KiB on 32 connections, beside a bare reverse proxy',
    load: async () => (await import('./proxy-throughput.ts')).proxyThroughput,
  },
  {
    name: 'freshness',
    summary: 'from accepted to readable at /events, at 300 hooks/s',
    load: async () => (await import('./freshness.ts')).freshness,
  },
  {
    name: 'kafka-intake',
    summary: 'single hooks onto a real Kafka, beside kafkajs alone; needs KAFKA_BROKERS',
    load: async () => (await import('./kafka-intake.ts')).kafkaIntake,
  },
  {
    name: 'kafka-freshness',
    summary: 'from accepted to readable on a real Kafka, at 300 hooks/s; needs KAFKA_BROKERS',
    load: async () => (await import('./freshness.ts')).kafkaFreshness,
  },
  {
    name: 'drain',
    summary: 'recorder and learner work off a backlog of 200,000 events',
    load: async () => (await import('./drain.ts')).drain,
  },
  {
    name: 'analysis',
    summary: 'one batch of 100 events through pattern analysis; one prediction',
    load: async () => (await import('./analysis.ts')).analysis,
  },
  {
    name: 'cold-start',
    summary: 'import of each Lambda bundle in a fresh process, and its bytes',
    load: async () => (await import('./cold-start.ts')).coldStart,
  },
  {
    name: 'start',
    summary: '`npm start` when installed: until ready, and what it holds',
    load: async () => (await import('./start.ts')).start,
  },
  {
    name: 'queries',
    summary: 'each reading call on 1,000,000 events',
    load: async () => (await import('./queries.ts')).queries,
  },
  {
    name: 'predictions',
    summary: 'accuracy of what comes next, beside two baselines',
    load: async () => (await import('./predictions.ts')).predictions,
  },
  {
    name: 'lookup',
    summary: 'a service in the snapshot, beside a Map; through Consul, with CONSUL_HTTP_ADDR',
    load: async () => (await import('./lookup.ts')).lookup,
  },
  {
    name: 'catalog-memory',
    summary: 'what a snapshot of 10,000 instances takes',
    load: async () => (await import('./catalog-memory.ts')).catalogMemory,
  },
  {
    name: 'catalog-changes',
    summary: 'from a change of one of 1,000 services to the snapshot; Consul with CONSUL_HTTP_ADDR',
    load: async () => (await import('./catalog-changes.ts')).catalogChanges,
  },
  {
    name: 'poller',
    summary: 'Kafka to function to commit, beside a bare kafkajs consumer; needs KAFKA_BROKERS',
    load: async () => (await import('./poller.ts')).poller,
  },
  {
    name: 'discovery',
    summary: 'lookups and watches through Consul (CONSUL_HTTP_ADDR)',
    load: async () => (await import('./discovery.ts')).discovery,
  },
  {
    name: 'breaker',
    summary: 'whether a call may go and where to, with 1,000 instances known, beside a Map',
    load: async () => (await import('./breaker.ts')).breaker,
  },
  {
    name: 'version-decision',
    summary: 'which version a call gets, over 1,000 instances',
    load: async () => (await import('./version-decision.ts')).versionDecision,
  },
  {
    name: 'deploy',
    summary: '`npm run deploy` of the compose stage to emulators of AWS',
    load: async () => (await import('./deploy.ts')).deploy,
  },
]

const HELP = `npm run bench -- <name> ... | all [--smoke]

Runs benchmarks, prints a table of each and writes it to bench/results/<name>.json. A figure that
misses what it has to reach is marked; the exit code is 1 then, unless --smoke is given.

  --smoke  as short as possible, not judged
  --list   the names alone

${benches.map(({ name, summary }) => `  ${name.padEnd(15)} ${summary}`).join('\n')}`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: 'boolean', default: false },
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})
if (values.list) console.log(benches.map(({ name }) => name).join('\n'))
else if (values.help || positionals.length === 0) console.log(HELP)
else process.exitCode = await run(positionals, values)

async function run(names: readonly string[], { smoke }: BenchOptions): Promise<number> {
  const unknown = names.find((name) => name !== 'all' && !benches.some((b) => b.name === name))
  if (unknown) {
    console.error(`no benchmark is called ${unknown}; see npm run bench -- --list`)
    return 2
  }
  let failed = false
  for (const { name, load } of benches) {
    if (!names.includes('all') && !names.includes(name)) continue
    try {
      const bench = await load()
      const measured = await bench({ smoke })
      const report = smoke ? notJudged(measured) : measured
      console.log(`${toTable(name, report)}\n  -> ${writeReport(name, report, new Date())}\n`)
      failed ||= report.figures.some((figure) => isReached(figure) === false)
    } catch (error) {
      failed = true
      const told = error instanceof Error ? (error.stack ?? error.message) : String(error)
      console.error(`${name} failed: ${told.slice(0, LONGEST_ERROR)}`)
    }
  }
  return failed ? 1 : 0
}

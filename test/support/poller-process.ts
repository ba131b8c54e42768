import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** A poller as `npm run poller` runs it, in a process of its own. */
export type PollerProcess = Readonly<{
  pid: number
  address: string
  /** JSON lines that it wrote so far. */
  lines(): readonly Readonly<Record<string, unknown>>[]
  /** SIGTERM; answers its exit code. */
  stop(): Promise<number | null>
  /** kill -9 */
  kill(): Promise<void>
}>

type Start = Readonly<{ assembly: string; brokers: string; endpoint: string }>

const root = join(import.meta.dirname, '..', '..')
const READY_TIMEOUT_MS = 30_000

export async function startPollerProcess(start: Start): Promise<PollerProcess> {
  const child = spawn(
    process.execPath,
    ['local/poller.ts', '--assembly', start.assembly, '--port', '0', '--lag-every', '1'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH ?? '',
        KAFKA_BROKERS: start.brokers,
        AWS_ENDPOINT_URL: start.endpoint,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  let hasEnded = false
  const ended = new Promise<number | null>((done) => {
    child.on('exit', (code) => {
      hasEnded = true
      done(code)
    })
  })
  const lines = () =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const address = async () => {
    const deadline = Date.now() + READY_TIMEOUT_MS
    while (Date.now() < deadline && !hasEnded) {
      const started = lines().find(({ code }) => code === 'poller.started')
      if (started) return String(started.address)
      await pause(20)
    }
    child.kill('SIGKILL')
    throw new Error(`the poller did not start:\n${output}`)
  }
  return {
    address: await address(),
    pid: child.pid ?? 0,
    lines,
    stop() {
      if (!hasEnded) child.kill('SIGTERM')
      return ended
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

type Mapping = Readonly<{
  functionName: string
  topic: string
  group: string
  batchSize?: number
  windowS?: number
  maxRetries?: number
  reserved?: number
}>

/** A synthesised stage that holds one function and one mapping, as the compose stage writes them. */
export function stageWith(mapping: Mapping): string {
  const { functionName, topic, group, batchSize = 100, windowS = 0, maxRetries = 10 } = mapping
  const folder = join(mkdtempSync(join(tmpdir(), 'omninode-stage-')), 'stage')
  mkdirSync(folder)
  const template = {
    Parameters: { KafkaMappings: { Default: 'no' }, BootstrapServers: {}, DatabaseUrl: {} },
    Conditions: { HasKafkaMappings: { 'Fn::Equals': [{ Ref: 'KafkaMappings' }, 'yes'] } },
    Resources: {
      Fn: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          FunctionName: functionName,
          Timeout: 10,
          Environment: { Variables: { DATABASE_URL: { Ref: 'DatabaseUrl' } } },
          ...(mapping.reserved ? { ReservedConcurrentExecutions: mapping.reserved } : {}),
        },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Condition: 'HasKafkaMappings',
        Properties: {
          FunctionName: { 'Fn::GetAtt': ['Fn', 'Arn'] },
          Topics: [topic],
          StartingPosition: 'TRIM_HORIZON',
          BatchSize: batchSize,
          MaximumBatchingWindowInSeconds: windowS,
          MaximumRetryAttempts: maxRetries,
          BisectBatchOnFunctionError: true,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          DestinationConfig: { OnFailure: { Destination: `kafka://dlq.${topic}` } },
          SelfManagedEventSource: {
            Endpoints: { KafkaBootstrapServers: [{ Ref: 'BootstrapServers' }] },
          },
          SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: group },
        },
      },
    },
  }
  const manifest = {
    artifacts: {
      processing: {
        type: 'aws:cloudformation:stack',
        properties: { templateFile: 'processing.template.json' },
      },
    },
  }
  writeFileSync(join(folder, 'processing.template.json'), JSON.stringify(template))
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
  return folder
}

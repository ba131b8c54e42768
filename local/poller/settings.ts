import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** What `npm run poller` is told. */
export type PollerSettings = Readonly<{
  /** The synthesised stage whose mappings are run. */
  assembly: string
  eventLogUrl: string
  /** `host:port,...`, as functions are told. */
  brokers: string
  /** Where it tells how it is; undefined for nowhere, port 0 for a free one. */
  listen: Readonly<{ host: string; port: number }> | undefined
  /** ms; 0 for never. */
  lagEveryMs: number
  /** Only these functions' mappings; all where none is named. */
  functions: readonly string[]
}>

const OPTIONS = {
  assembly: { type: 'string', default: 'cdk.out/compose' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '4080' },
  'lag-every': { type: 'string', default: '30' },
  function: { type: 'string', multiple: true },
} as const

const MOST_PORTS = 65_535

/** @throws `Error` naming what is wrong or missing. */
export function readPollerSettings(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): PollerSettings {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const { EVENT_LOG_URL, KAFKA_BROKERS } = env
  const eventLogUrl = EVENT_LOG_URL || (KAFKA_BROKERS ? `kafka://${KAFKA_BROKERS}` : undefined)
  if (!eventLogUrl) throw new Error('Set EVENT_LOG_URL (kafka://host:port,...) or KAFKA_BROKERS.')
  const port = wholeNumber('--port', values.port, MOST_PORTS)
  return {
    assembly: resolve(values.assembly),
    eventLogUrl,
    brokers: KAFKA_BROKERS || brokersOf(eventLogUrl),
    listen: values.port === 'none' ? undefined : { host: values.host, port },
    lagEveryMs: wholeNumber('--lag-every', values['lag-every'], 86_400) * 1_000,
    functions: values.function ?? [],
  }
}

/** The addresses in a Kafka URL, without the name and password that may stand before them. */
function brokersOf(url: string): string {
  return /^kafkas?:\/\/(?:[^@/?#]*@)?([^/?#]+)/.exec(url)?.[1] ?? ''
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text)
  if (text === 'none') return 0
  if (text !== '' && Number.isInteger(number) && number >= 0 && number <= most) return number
  throw new Error(`${option} is '${text}': give a whole number from 0 to ${most}, or none.`)
}

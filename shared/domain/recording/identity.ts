import { hash } from 'node:crypto'
import { STAMPS } from '../cloudevents/stamps.ts'
import type { BridgeEvent } from '../events/event.ts'

const HEX_OF_16_BYTES = 32

/** 128 bits of SHA-256 as 32 hex digits. */
export function digest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, HEX_OF_16_BYTES)
}

/** What an event is counted once by: its source and id. */
export function identityOf({ source, id }: Pick<BridgeEvent, 'source' | 'id'>): string {
  return digest(`${source.length}:${source}${id}`)
}

/**
 * Attributes that the bridge gives an event on its way, or that belong to one delivery of it: a
 * sender's second attempt may come with others and is still the same event.
 */
const OF_THE_DELIVERY: ReadonlySet<string> = new Set([
  ...STAMPS,
  'partitionkey',
  'traceparent',
  'tracestate',
])

/**
 * What an event says, as a digest. Its time counts only where the sender gave one; without, intake
 * wrote its time of arrival.
 */
export function contentOf({ type, time, attributes, body }: BridgeEvent): string {
  const said = [type, time === attributes.recordedtime ? '' : time]
  for (const name of Object.keys(attributes).sort()) {
    const value = attributes[name]
    if (value === undefined || OF_THE_DELIVERY.has(name)) continue
    said.push(name, value)
  }
  const isBytes = body !== null && typeof body !== 'string'
  const payload = isBytes
    ? `b${Buffer.from(body).toString('base64')}`
    : body === null
      ? ''
      : `t${body}`
  return digest(`${JSON.stringify(said)}\n${payload}`)
}

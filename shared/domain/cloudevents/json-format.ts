import type { BridgeEvent } from '../events/event.ts'
import { isJsonType } from '../events/record.ts'
import { sentName } from './stamps.ts'
import { readTypes } from './value-types.ts'

export type ExtensionValue = string | number | boolean

const OPTIONAL = new Set(['subject', 'datacontenttype', 'dataschema'])

/**
 * The extension attributes of an event by name, integers and booleans as such again. Intake's own
 * stamps (recordedtime, operation, phase ...) are left out.
 */
export function extensionsOf({
  attributes,
}: Pick<BridgeEvent, 'attributes'>): Record<string, ExtensionValue> {
  const types = readTypes(attributes.xtypes)
  const extensions: Record<string, ExtensionValue> = {}
  for (const [kept, value] of Object.entries(attributes)) {
    const name = OPTIONAL.has(kept) ? undefined : sentName(kept)
    if (name === undefined || value === undefined) continue
    const type = types.get(kept)
    extensions[name] = type === 'i' ? Number(value) : type === 'b' ? value === 'true' : value
  }
  return extensions
}

/**
 * An event in the JSON format (CloudEvents 1.0 JSON Event Format), as its sender could have sent it:
 * without the time it did not give. A payload that is no JSON although its media type says so is
 * given as text.
 */
export function cloudEventJson(event: BridgeEvent): Record<string, unknown> {
  const { id, source, type, time, attributes } = event
  const { recordedtime, subject, datacontenttype, dataschema } = attributes
  return {
    specversion: '1.0',
    id,
    source,
    type,
    ...(time === recordedtime ? {} : { time }),
    ...(subject === undefined ? {} : { subject }),
    ...(datacontenttype === undefined ? {} : { datacontenttype }),
    ...(dataschema === undefined ? {} : { dataschema }),
    ...extensionsOf(event),
    ...payloadOf(event),
  }
}

function payloadOf({ body, attributes }: BridgeEvent): Record<string, unknown> {
  if (body === null) return {}
  if (typeof body !== 'string') return { data_base64: Buffer.from(body).toString('base64') }
  if (!isJsonType(attributes.datacontenttype)) return { data: body }
  try {
    return { data: JSON.parse(body) }
  } catch {
    return { data: body }
  }
}

import { headerOf } from '../http/headers.ts'
import { isCloudEvents, readCloudEvents } from './cloudevents.ts'
import type { Delivery } from './dialect.ts'
import { type Reading, refused } from './draft.ts'
import { readNative } from './native.ts'

const JSON_TYPE = /^application\/json\s*(;|$)/i

/** Reads `POST /hooks`: what the body is, its media type and headers say. */
export function readUnnamed(delivery: Delivery): Reading {
  if (isCloudEvents(delivery)) return readCloudEvents(delivery)
  if (JSON_TYPE.test(headerOf(delivery.headers, 'content-type') ?? '')) return readNative(delivery)
  return refused(
    'UnsupportedMedia',
    'Events come as application/json, application/cloudevents+json, application/cloudevents-batch+json or with ce- headers.',
  )
}

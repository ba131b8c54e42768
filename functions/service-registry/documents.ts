import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import type { InstanceRef, ListedInstance } from '#shared/domain/discovery/instance.ts'
import {
  DOCUMENT_KEY,
  type InstanceDocument,
  parseDocument,
  type Tools,
} from '#shared/domain/discovery/instance-document.ts'
import { VALUE_LIMIT_BYTES } from '#shared/domain/discovery/key-problems.ts'
import { Failure } from '#shared/errors.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'

/** The text that keeps a document. @throws `InvalidInput` when it is too large */
export function textOf(document: InstanceDocument): string {
  const text = JSON.stringify(document)
  if (Buffer.byteLength(text) <= VALUE_LIMIT_BYTES) return text
  throw new Failure('InvalidInput', 'The tools are too large.', {
    errors: [{ pointer: '/tools', detail: `may be ${VALUE_LIMIT_BYTES} bytes of JSON at most` }],
  })
}

/** Keeps a document; one that is there already is left as it is. */
export async function keepDocument(
  keyValue: KeyValue,
  { service, id }: InstanceRef,
  { digest }: InstanceDocument,
  text: string,
): Promise<void> {
  const key = catalogKeys.document(service, id)
  const kept = await keyValue.get(key)
  if (kept && parseDocument(kept.value)?.digest === digest) return
  await keyValue.set(key, text)
}

/** The tools that an instance refers to; undefined where it refers to none, or to others than are kept. */
export async function toolsOf(
  keyValue: KeyValue,
  { service, id, meta }: ListedInstance,
): Promise<Tools | undefined> {
  const digest = meta[DOCUMENT_KEY]
  if (digest === undefined) return undefined
  const kept = await keyValue.get(catalogKeys.document(service, id))
  const document = kept && parseDocument(kept.value)
  return document?.digest === digest ? document.tools : undefined
}

import { Failure } from '../errors.ts'
import type { DocumentPlace } from '../ports/document-place.ts'

type PlaceOptions = Readonly<{
  /** Whether files outlive a loss of power; objects always do. */
  durable: boolean
  /** Whether a folder is made where it is not there. */
  makeFolder?: boolean
}>

/** The kinds of place there are. */
export type PlaceScheme = 'file:' | 's3:'

/** Which kind of place a URL names. @throws `InvalidInput` for another scheme */
export function placeScheme(url: string): PlaceScheme {
  const protocol = URL.canParse(url) ? new URL(url).protocol : 'unreadable'
  if (protocol === 'file:' || protocol === 's3:') return protocol
  throw new Failure('InvalidInput', `documents cannot lie at a ${protocol} URL`)
}

/** The documents of `file:///folder/` or under `s3://bucket/prefix/`. @throws `InvalidInput` */
export async function openDocumentPlace(
  folderUrl: string,
  options: PlaceOptions,
): Promise<DocumentPlace> {
  if (placeScheme(folderUrl) === 'file:') {
    const { fileDocumentPlace } = await import('./file/document-place.ts')
    return fileDocumentPlace(folderUrl, options)
  }
  const { s3DocumentPlace } = await import('./aws/document-place.ts')
  return s3DocumentPlace(folderUrl)
}

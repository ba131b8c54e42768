import type { Watching } from './watching.ts'

/** A key's value and which one it is. */
export type KeyValueEntry = Readonly<{
  key: string
  value: string
  /** Grows with every change of the key, also over its deletion, so that none comes twice. */
  version: number
}>

/**
 * Small texts under keys such as `a/b/c`, for every process alike. Every call answers or fails within
 * 5 s. All throw `InvalidInput` for what is no key, `Unavailable` when the store can't be reached and
 * `Forbidden` when it refuses us. A write that failed as `Unavailable` may have happened.
 */
export interface KeyValue {
  /** What the last write that was acknowledged left, whoever wrote. */
  get(key: string): Promise<KeyValueEntry | undefined>

  /** Writes whatever was there. @throws `TooLarge` above 512 KiB */
  set(key: string, value: string): Promise<void>

  /** Writes if the key is not there; answers whether it did. @throws `TooLarge` */
  create(key: string, value: string): Promise<boolean>

  /** Writes if the key still has that version; answers whether it did. @throws `TooLarge` */
  replace(key: string, value: string, version: number): Promise<boolean>

  /** Deletes if the key still has that version; answers whether it did. */
  remove(key: string, version: number): Promise<boolean>

  /** Deletes whatever is there. */
  delete(key: string): Promise<void>

  /** The entries whose keys begin with a text, sorted by key. */
  list(prefix: string): Promise<readonly KeyValueEntry[]>

  /** The entries whose keys begin with a text: now, and after each change. */
  watch(prefix: string, signal: AbortSignal): Watching<readonly KeyValueEntry[]>

  close(): Promise<void>
}

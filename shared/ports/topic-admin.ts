import type { Topic } from '../domain/topics.ts'

export type TopicChange = Readonly<{
  topic: string
  change: 'create' | 'add-partitions' | 'set-retention' | 'none'
}>

/** Makes the log's topics what the manifest says. */
export interface TopicAdmin {
  /** What `apply` would do. Never removes a topic or a partition. */
  plan(manifest: readonly Topic[]): Promise<readonly TopicChange[]>

  /** Safe to run twice and side by side. */
  apply(manifest: readonly Topic[]): Promise<readonly TopicChange[]>

  close(): Promise<void>
}

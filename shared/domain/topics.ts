/** One topic of the event log. Retention in ms; records older than that may be removed. */
export type Topic = Readonly<{
  name: string
  partitions: number
  retentionMs: number
  /** What it carries, for people. */
  carries: string
}>

const DAY_MS = 86_400_000
const EVENT_RETENTION_MS = 7 * DAY_MS
const DEAD_LETTER_RETENTION_MS = 30 * DAY_MS

const eventTopic = (name: string, partitions: number, carries: string): Topic => ({
  name,
  partitions,
  retentionMs: EVENT_RETENTION_MS,
  carries,
})

/** Where an event goes whose type names no topic of the manifest. */
export const CUSTOM_TOPIC = 'hooks.custom'

/** The topics that carry events. The stacks, the local runtime and `npm run topics` read this. */
export const eventTopics: readonly Topic[] = [
  eventTopic('hooks.lifecycle', 2, 'a service or agent session starts, is ready, ends'),
  eventTopic('hooks.execution', 4, 'before and after an execution, with outcome and duration'),
  eventTopic('hooks.interaction', 2, 'user prompts, permissions, notifications'),
  eventTopic(CUSTOM_TOPIC, 4, 'events of types that no other topic names'),
  eventTopic('services.lifecycle', 2, 'services registered, deregistered; capability changes'),
  eventTopic('services.health', 2, 'services passing, warning, critical'),
  eventTopic('tools.calls', 4, 'proxied and gateway tool calls'),
  eventTopic('tools.registry', 2, 'tools found, changed, quarantined, removed; hooks installed'),
  eventTopic('coordination.workflows', 2, 'every step of a workflow'),
  eventTopic('coordination.startup', 2, 'every step of a start-up'),
  eventTopic('coordination.plans', 2, 'every step of a plan'),
]

const DEAD_LETTERS = 'dlq.'

/** Records of one topic that could not be processed, unchanged, with the reason in headers. */
export const deadLetterTopic = (topic: string): string => DEAD_LETTERS + topic

export const isDeadLetterTopic = (topic: string): boolean => topic.startsWith(DEAD_LETTERS)

/** Every topic there is, dead letters included. */
export const topics: readonly Topic[] = [
  ...eventTopics,
  ...eventTopics.map(({ name }) => ({
    name: deadLetterTopic(name),
    partitions: 1,
    retentionMs: DEAD_LETTER_RETENTION_MS,
    carries: `dead letters of ${name}`,
  })),
]

const eventTopicNames = new Set(eventTopics.map(({ name }) => name))

/** The topic of an event type: `<topic>.<verb>` where the manifest knows the topic, else `hooks.custom`. */
export function topicOf(type: string): string {
  const topic = type.slice(0, Math.max(type.lastIndexOf('.'), 0))
  return eventTopicNames.has(topic) ? topic : CUSTOM_TOPIC
}

import { type DeadLetter, fromDeadLetter, fromReplayNote } from '#shared/domain/dead-letter.ts'
import { deadLetterTopic, eventTopics } from '#shared/domain/topics.ts'
import { Failure } from '#shared/errors.ts'
import type { LogRecord } from '#shared/ports/event-log.ts'
import type { LogBrowser } from '#shared/ports/log-browser.ts'

/** A dead letter, where it lies, and when it was put back. */
export type FoundLetter = Readonly<{
  letter: DeadLetter
  record: LogRecord
  /** The topic it belongs to, without `dlq.`. */
  topic: string
  replayedAt: Date | undefined
}>

export type LetterFilter = Readonly<{ topic?: string; reason?: string; since?: Date }>

const PAGE = 500

/** The topic without `dlq.` in front. */
export function plainTopic(topic: string): string {
  return topic.startsWith(deadLetterTopic('')) ? topic.slice(deadLetterTopic('').length) : topic
}

/** All dead letters that a filter lets through, in the order in which they lie on the log. */
export async function findLetters(
  browser: LogBrowser,
  filter: LetterFilter,
): Promise<readonly FoundLetter[]> {
  const names = filter.topic ? [plainTopic(filter.topic)] : eventTopics.map(({ name }) => name)
  const found: FoundLetter[] = []
  for (const topic of names) found.push(...(await lettersOf(browser, topic)))
  return found.filter(
    ({ letter }) =>
      (!filter.reason || letter.reason === filter.reason) &&
      (!filter.since || letter.at >= filter.since),
  )
}

/** The dead letter at a place. @throws `NotFound` */
export async function findLetter(
  browser: LogBrowser,
  topic: string,
  partition: number,
  offset: number,
): Promise<FoundLetter> {
  const letters = await lettersOf(browser, plainTopic(topic))
  const found = letters.find(
    ({ record }) => record.partition === partition && record.offset === offset,
  )
  if (found) return found
  throw new Failure(
    'NotFound',
    `there is no dead letter at ${plainTopic(topic)}/${partition}/${offset}`,
  )
}

async function lettersOf(browser: LogBrowser, topic: string): Promise<readonly FoundLetter[]> {
  const name = deadLetterTopic(topic)
  const letters: { letter: DeadLetter; record: LogRecord }[] = []
  const replays = new Map<string, Date>()
  for (const { partition, first, end } of await browser.bounds(name)) {
    for (let from = first; from < end; ) {
      const records = await browser.read(name, partition, from, PAGE)
      for (const record of records) {
        const letter = fromDeadLetter(record)
        if (letter) letters.push({ letter, record })
        const replay = fromReplayNote(record)
        if (replay) replays.set(`${replay.partition}/${replay.offset}`, replay.at)
      }
      // Kafka leaves gaps in the offsets, and may have nothing left before the end.
      from = (records.at(-1)?.offset ?? end) + 1
    }
  }
  return letters.map(({ letter, record }) => ({
    ...{ letter, record, topic },
    replayedAt: replays.get(`${record.partition}/${record.offset}`),
  }))
}

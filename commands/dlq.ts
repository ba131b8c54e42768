import { openEventLog, openLogBrowser } from '#shared/adapters/event-log.ts'
import { deadLetterReasons, toReplayNote } from '#shared/domain/dead-letter.ts'
import type { LogBrowser } from '#shared/ports/log-browser.ts'
import { type FoundLetter, findLetter, findLetters, plainTopic } from './dead-letters.ts'
import { eventLogUrl } from './place.ts'
import { runCommand, UsageError } from './run-command.ts'

const USAGE = `npm run dlq -- list | show <place> | replay <place>... | replay --all

Dead letters: records that could not be processed, unchanged, on dlq.<topic>.

  list     [--topic <topic>] [--reason <reason>] [--since <time>]
  show     <place>            headers and value of one
  replay   <place>...         puts the original records back on their topics, whole
  replay   --all [--topic <topic>] [--reason <reason>] [--since <time>]
           all that were not put back yet

A place is <topic>/<partition>/<offset>, <topic>/<offset> for partition 0, or two words:
<topic> <offset>. Reasons: ${deadLetterReasons.join(', ')}. A time is RFC 3339: 2026-11-24T00:00:00Z.
That a letter was put back is noted on the dead-letter topic itself, in the same append. If that is
cut off half way a letter may be put back twice, and consumers count its event once.

The log is EVENT_LOG_URL (postgres://... or kafka://host:port,host:port), else KAFKA_BROKERS, else
that of the npm start which runs on DATA_DIR (.omninode).`

const options = {
  topic: { type: 'string' },
  reason: { type: 'string' },
  since: { type: 'string' },
  all: { type: 'boolean' },
} as const

type Filter = {
  topic?: string | undefined
  reason?: string | undefined
  since?: string | undefined
}

await runCommand(USAGE, options, async ({ values, positionals: [verb, ...words] }) => {
  if (verb !== 'list' && verb !== 'show' && verb !== 'replay') {
    throw new UsageError(verb ? `there is no "${verb}"` : 'say what to do')
  }
  const filter = readFilter(values)
  const places = readPlaces(words)
  const url = eventLogUrl(process.env)
  const browser = await openLogBrowser(url)
  try {
    if (verb === 'list') return list(await findLetters(browser, filter))
    if (verb === 'show') return show(await placed(browser, places, 1))
    if (!values.all) return await replay(url, await placed(browser, places))
    if (places.length > 0) throw new UsageError('replay takes places or --all')
    const letters = await findLetters(browser, filter)
    return await replay(
      url,
      letters.filter(({ replayedAt }) => !replayedAt),
    )
  } finally {
    await browser.close()
  }
})

function readFilter({ topic, reason, since }: Filter) {
  if (reason && !deadLetterReasons.some((known) => known === reason)) {
    throw new UsageError(`--reason is one of ${deadLetterReasons.join(', ')}`)
  }
  const time = since === undefined ? undefined : new Date(since)
  if (time && Number.isNaN(time.getTime())) throw new UsageError(`--since: ${since} is no time`)
  return {
    ...(topic ? { topic } : {}),
    ...(reason ? { reason } : {}),
    ...(time ? { since: time } : {}),
  }
}

type Place = Readonly<{ topic: string; partition: number; offset: number }>

function readPlaces(words: readonly string[]): readonly Place[] {
  const [topic, offset] = words
  if (words.length === 2 && topic && offset && /^\d+$/.test(offset) && !topic.includes('/')) {
    return [{ topic, partition: 0, offset: Number(offset) }]
  }
  return words.map((word) => {
    const match = /^([^/]+)\/(?:(\d+)\/)?(\d+)$/.exec(word)
    if (!match?.[1]) throw new UsageError(`"${word}" is no <topic>/<partition>/<offset>`)
    return { topic: match[1], partition: Number(match[2] ?? 0), offset: Number(match[3]) }
  })
}

async function placed(browser: LogBrowser, places: readonly Place[], most = Number.MAX_VALUE) {
  if (places.length === 0 || places.length > most) throw new UsageError('name a dead letter')
  const letters: FoundLetter[] = []
  for (const { topic, partition, offset } of places) {
    letters.push(await findLetter(browser, plainTopic(topic), partition, offset))
  }
  return letters
}

function placeOf({ topic, record }: FoundLetter): string {
  return `${topic}/${record.partition}/${record.offset}`
}

function list(letters: readonly FoundLetter[]): number {
  for (const found of letters) {
    const { reason, stage, attempt, at, original } = found.letter
    const event = String(original.headers.ce_id ?? '-')
    const replayed = found.replayedAt ? `replayed ${found.replayedAt.toISOString()}` : ''
    console.log(
      [placeOf(found), at.toISOString(), reason, `${stage} #${attempt}`, event, replayed]
        .join('  ')
        .trimEnd(),
    )
  }
  console.log(`${letters.length} dead letters`)
  return 0
}

function show(letters: readonly FoundLetter[]): number {
  for (const { letter, replayedAt } of letters) {
    const { original, origin, reason, stage, attempt, at } = letter
    console.log(`was on    ${origin.topic}/${origin.partition}/${origin.offset}`)
    console.log(`reason    ${reason}, in ${stage}, attempt ${attempt}, at ${at.toISOString()}`)
    console.log(`replayed  ${replayedAt?.toISOString() ?? 'no'}`)
    console.log(`key       ${original.key ?? '(none)'}`)
    for (const [name, value] of Object.entries(original.headers)) {
      console.log(`header    ${name}: ${typeof value === 'string' ? value : asText(value)}`)
    }
    console.log(original.value ? asText(original.value) : '(no value)')
  }
  return 0
}

/** Text where the bytes are UTF-8, else base64. */
function asText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return `(base64) ${Buffer.from(bytes).toString('base64')}`
  }
}

async function replay(url: string, letters: readonly FoundLetter[]): Promise<number> {
  const log = await openEventLog(url)
  try {
    for (const found of letters) {
      const { partition, offset } = found.record
      const note = toReplayNote(found.topic, { partition, offset, at: new Date() })
      const [position] = await log.append([found.letter.original, note])
      console.log(
        `${placeOf(found)} -> ${position?.topic}/${position?.partition}/${position?.offset}`,
      )
    }
    console.log(`${letters.length} dead letters put back`)
    return 0
  } finally {
    await log.close()
  }
}

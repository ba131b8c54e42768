import { createHmac, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openAccessPublisher } from '#shared/adapters/access-snapshots.ts'
import { seal, sealingKey } from '#shared/adapters/crypto/seal.ts'
import { openLogBrowser, openTopicAdmin } from '#shared/adapters/event-log.ts'
import { fromRecord } from '#shared/domain/events/record.ts'
import { digestOf } from '#shared/domain/keys.ts'
import { topics } from '#shared/domain/topics.ts'
import { freshDatabase } from '#test/support/database.ts'
import { requestOf, type TestRequest, WRITER } from '#test/support/intake.ts'

const SECRET = 'a GitHub secret'
const hook = { source: 'shop', type: 'tools.registry.found', data: { operation: 'find' } }

/** The function as Lambda loads it, with keys and sources published to a file. */
async function aFunction(eventLogUrl: string) {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-hooks-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const key = randomBytes(32).toString('base64')
  const snapshotUrl = pathToFileURL(join(folder, 'access.json')).href
  await openAccessPublisher(snapshotUrl).publish({
    version: 1,
    keys: [{ id: '1', name: 'writer', digest: digestOf(WRITER), roles: ['writer'] }],
    sources: [
      { name: 'repo', dialect: 'github', sealedSecrets: [seal(SECRET, sealingKey(key))] },
      { name: 'broken', dialect: 'github', sealedSecrets: ['v1.AAAA'] },
    ],
  })
  vi.stubEnv('EVENT_LOG_URL', eventLogUrl)
  vi.stubEnv('ACCESS_SNAPSHOT_URL', snapshotUrl)
  vi.stubEnv('SOURCE_SECRETS_KEY', key)
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  vi.resetModules()
  const { handler } = await import('#functions/hook-receiver/handler.ts')
  const call = handler as unknown as (
    event: APIGatewayProxyEvent,
    context: Context,
  ) => Promise<APIGatewayProxyResult>
  const context = { getRemainingTimeInMillis: () => 10_000 } as Context
  return (request: TestRequest) => call(requestOf(request), context)
}

describe('the hook-receiver on a log in PostgreSQL', () => {
  const open = async () => {
    const url = await freshDatabase()
    const admin = await openTopicAdmin(url)
    await admin.apply(topics)
    await admin.close()
    const browser = await openLogBrowser(url)
    onTestFinished(() => browser.close())
    const stored = async (topic: string) => {
      const bounds = await browser.bounds(topic)
      const records = await Promise.all(
        bounds.map(({ partition, first }) => browser.read(topic, partition, first, 100)),
      )
      return records.flat().map((record) => fromRecord(record))
    }
    return { post: await aFunction(url), stored }
  }

  it('has on the log what it answered 202 for, under that id', async () => {
    const { post, stored } = await open()
    const answer = await post({ body: [hook, {}, { ...hook, id: 'mine' }] })
    expect(answer.statusCode).toBe(202)
    expect(answer.headers).toHaveProperty('traceparent')
    const { accepted, rejected } = JSON.parse(answer.body)
    const events = await stored('tools.registry')
    expect(events.map((event) => event?.id)).toEqual(accepted.map(({ id }: { id: string }) => id))
    expect(events[0]).toMatchObject({ source: 'shop', attributes: { operation: 'find' } })
    expect(rejected).toMatchObject([{ index: 1, problem: { status: 422 } }])
  })

  it('keeps text, bytes and JSON apart through the log', async () => {
    const { post, stored } = await open()
    const event = { specversion: '1.0', source: '/s', type: 'tools.registry.found' }
    const headers = { 'content-type': 'application/cloudevents-batch+json' }
    const body = [
      { ...event, id: 'json', data: { a: 1 }, count: 3 },
      { ...event, id: 'bytes', data_base64: 'e30=' },
      { ...event, id: 'text', data: 'é', datacontenttype: 'application/octet-stream' },
      { ...event, id: 'none' },
    ]
    expect((await post({ body, headers })).statusCode).toBe(202)
    const bodies = new Map((await stored('tools.registry')).map((each) => [each?.id, each?.body]))
    expect(bodies.get('json')).toBe('{"a":1}')
    expect(Buffer.from(bodies.get('bytes') ?? '')).toEqual(Buffer.from('{}'))
    expect(bodies.get('bytes')).not.toBeTypeOf('string')
    expect(bodies.get('text')).toBe('é')
    expect(bodies.get('none')).toBeNull()
  })

  it('lets a signed delivery in by the sealed secret, and tells others with a problem', async () => {
    const { post } = await open()
    const body = '{"action":"opened"}'
    const digest = createHmac('sha256', SECRET).update(body).digest('hex')
    const headers = {
      'X-GitHub-Event': 'issues',
      'X-GitHub-Delivery': 'd-1',
      'X-Hub-Signature-256': `sha256=${digest}`,
    }
    const delivery = { source: 'repo', key: null, headers }
    expect((await post({ ...delivery, body })).statusCode).toBe(202)
    const refused = await post({ ...delivery, body: `${body} ` })
    expect(refused.statusCode).toBe(401)
    expect(refused.headers).toMatchObject({ 'content-type': 'application/problem+json' })
    expect(JSON.parse(refused.body)).toMatchObject({ status: 401, type: 'about:blank' })
    // A secret that does not open is no reason to let anyone in, nor the sender's mistake.
    expect((await post({ ...delivery, source: 'broken', body })).statusCode).toBe(503)
  })
})

describe('the hook-receiver without its log', () => {
  it.each(['postgres://nobody@127.0.0.1:9/none', 'kafka://127.0.0.1:9'])(
    'at %s answers 503 with Retry-After within 5 s',
    async (url) => {
      const post = await aFunction(url)
      const started = performance.now()
      const answer = await post({ body: hook })
      expect(answer.statusCode).toBe(503)
      expect(Number(answer.headers?.['retry-after'])).toBeGreaterThan(0)
      expect(performance.now() - started).toBeLessThan(5_000)
    },
    20_000,
  )
})

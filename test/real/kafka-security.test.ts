import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { rootCertificates } from 'node:tls'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { openAccessPublisher } from '#shared/adapters/access-snapshots.ts'
import { kafkaEventConsumer } from '#shared/adapters/kafka/event-consumer.ts'
import { kafkaEventLog } from '#shared/adapters/kafka/event-log.ts'
import { kafkaLogBrowser } from '#shared/adapters/kafka/log-browser.ts'
import { kafkaTopicAdmin } from '#shared/adapters/kafka/topic-admin.ts'
import { digestOf } from '#shared/domain/keys.ts'
import type { CloudAccess } from '#shared/ports/cloud-access.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import { aRecord, aTopic, eventLogContract } from '#test/contract/event-log.contract.ts'
import { eventConsumerContract } from '#test/contract/event-log-consumer.contract.ts'
import { aCloud, secretArn } from '#test/support/cloud-access.ts'
import { requestOf, WRITER } from '#test/support/intake.ts'
import { canStartKafka, type SecuredKafka, startSecuredKafka } from '#test/support/kafka-cluster.ts'
import { startTcpProxy } from '#test/support/tcp-proxy.ts'

const USER = 'bridge'
/** Longer than the longest wait between two tries. */
const SOON = { timeout: 25_000, interval: 100 }
const PORT = 19_420
const SECRET = secretArn('kafka')

let kafka: SecuredKafka
let password: string
let passwords = 0

const login = (word: string) => JSON.stringify({ username: USER, password: word })
const urlOf = (brokers: string, word: string, more = '') =>
  `kafkas://${USER}:${word}@${brokers}?ca=${kafka.caFile}${more}`
const bySecret = (brokers: string) => `kafkas://${brokers}?ca=${kafka.caFile}&secret=${SECRET}`

/** A password that Kafka takes from now on, and never another. */
async function nextPassword() {
  password = `word-${++passwords}`
  await kafka.setPassword(USER, password)
}

async function makeTopic() {
  const topic = aTopic(2)
  const admin = kafkaTopicAdmin(kafka.url)
  await admin.apply([topic])
  await admin.close()
  return topic.name
}

function openLog(url: string, access?: CloudAccess): EventLog {
  const log = kafkaEventLog(url, access)
  onTestFinished(() => log.close())
  return log
}

/** Appends one record, and answers how that ended and how long it took. */
async function attempt(log: EventLog, topic: string) {
  const started = performance.now()
  const { kind, message } = await log
    .append([aRecord(topic)])
    .then(() => ({ kind: 'stored', message: '' }))
    .catch((error: { kind?: string; message: string }) => ({
      kind: error.kind ?? 'no Failure',
      message: error.message,
    }))
  return { kind, message, tookMs: performance.now() - started }
}

/** Appends 50 times a second for so long, each on its own, whatever becomes of the others. */
async function attempts(log: EventLog, topic: string, forMs: number) {
  const made: ReturnType<typeof attempt>[] = []
  for (const started = performance.now(); performance.now() - started < forMs; ) {
    made.push(attempt(log, topic))
    await pause(20)
  }
  return Promise.all(made)
}

const becomesStored = (log: EventLog, topic: string) =>
  expect.poll(async () => (await attempt(log, topic)).kind, SOON).toBe('stored')

/** How many lines with a code were logged since. */
function countLogged(code: string): () => number {
  const output = vi.spyOn(process.stdout, 'write')
  onTestFinished(() => output.mockRestore())
  return () =>
    output.mock.calls.filter(([line]) => String(line).includes(`"code":"${code}"`)).length
}

async function proxied() {
  const proxy = await startTcpProxy(kafka.securedPort)
  onTestFinished(() => proxy.close())
  return { ...proxy, address: `127.0.0.1:${proxy.port}` }
}

/** The function as Lambda loads it, called with one hook. */
async function aHookReceiver(eventLogUrl: string) {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-hooks-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const snapshotUrl = pathToFileURL(join(folder, 'access.json')).href
  const keys = [{ id: '1', name: 'writer', digest: digestOf(WRITER), roles: ['writer'] as const }]
  await openAccessPublisher(snapshotUrl).publish({ version: 1, keys, sources: [] })
  vi.stubEnv('EVENT_LOG_URL', eventLogUrl)
  vi.stubEnv('SPILL_URL', '')
  vi.stubEnv('ACCESS_SNAPSHOT_URL', snapshotUrl)
  vi.stubEnv('SOURCE_SECRETS_KEY', Buffer.alloc(32).toString('base64'))
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  const { handler } = await import('#functions/hook-receiver/handler.ts')
  const call = handler as unknown as (
    event: APIGatewayProxyEvent,
    context: Context,
  ) => Promise<APIGatewayProxyResult>
  const body = JSON.stringify({ source: 'shop', type: 'tools.registry.found', data: {} })
  const context = { getRemainingTimeInMillis: () => 10_000 } as Context
  return () => call(requestOf({ body }), context)
}

/** A token as Kafka's unsecured OAUTHBEARER takes it (RFC 7515, appendix A.5). */
function unsignedToken(lifeS: number) {
  const nowS = Math.floor(Date.now() / 1_000)
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: USER, iat: nowS - 60, exp: nowS + lifeS })}.`
}

describe('Kafka over TLS with SASL', () => {
  if (!process.env.KAFKA_BROKERS || !canStartKafka) {
    it.skip('is not run: KAFKA_BROKERS is not set, or there is no tool to start a broker', () =>
      undefined)
    return
  }
  beforeAll(async () => {
    const options = { name: 'log-security', port: PORT, user: USER, password: 'plain-word' }
    kafka = await startSecuredKafka(options)
  }, 120_000)
  afterAll(() => kafka.stop(), 60_000)
  beforeEach(nextPassword)

  describe('the event log', () => {
    const open = async () => {
      const url = urlOf(kafka.securedBrokers, password)
      const log = kafkaEventLog(url)
      const browser = kafkaLogBrowser(url)
      const admin = kafkaTopicAdmin(url)
      onTestFinished(async () => {
        await Promise.all([log.close(), browser.close(), admin.close()])
      })
      return { log, browser, admin, consumer: () => kafkaEventConsumer(url) }
    }
    eventLogContract(open)
    eventConsumerContract(open)
  })

  it.each(['scram-sha-512', 'scram-sha-256', 'plain'])(
    'takes a password by %s',
    async (mechanism) => {
      const topic = await makeTopic()
      const word = mechanism === 'plain' ? 'plain-word' : password
      const log = openLog(urlOf(kafka.securedBrokers, word, `&mechanism=${mechanism}`))
      expect((await attempt(log, topic)).kind).toBe('stored')
    },
  )

  it('takes a token of an identity, and says what to check when that is refused', async () => {
    const topic = await makeTopic()
    const url = `kafkas://${kafka.securedBrokers}?ca=${kafka.caFile}&auth=iam&region=eu-west-1`
    const good = openLog(url, aCloud({ token: unsignedToken(600) }))
    expect((await attempt(good, topic)).kind).toBe('stored')
    const expired = aCloud({ token: unsignedToken(-1) })
    const log = openLog(url, expired)
    expect(await attempt(log, topic)).toMatchObject({
      kind: 'Misconfigured',
      message: expect.stringContaining(
        "check its role's kafka-cluster:Connect and this machine's clock",
      ),
    })
    expired.token = unsignedToken(600)
    await becomesStored(log, topic)
  })

  it('names the mechanism that a broker does not know, for few connections', async () => {
    const other = await startSecuredKafka({
      ...{ name: 'log-mechanism', port: PORT + 25, user: USER, password: 'word' },
      mechanisms: ['SCRAM-SHA-512'],
    })
    onTestFinished(() => other.stop())
    const proxy = await startTcpProxy(other.securedPort)
    onTestFinished(() => proxy.close())
    const url = `kafkas://${USER}:word@127.0.0.1:${proxy.port}?ca=${other.caFile}&mechanism=plain`
    const refusals = countLogged('kafka.refused')
    const log = openLog(url)
    expect(await attempt(log, 'any')).toMatchObject({
      kind: 'Misconfigured',
      message: expect.stringMatching(/mechanism.*check mechanism=/),
    })
    const outcomes = await attempts(log, 'any', 3_000)
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['Misconfigured']))
    expect(proxy.accepted()).toBeLessThanOrEqual(4)
    expect(refusals()).toBe(1)
  })

  it('takes the certificates to trust from a secret, as event source mappings know it', async () => {
    const topic = await makeTopic()
    const certificate = await readFile(kafka.caFile, 'utf8')
    const ca = secretArn('ca')
    const cloud = aCloud({ secrets: { [ca]: JSON.stringify({ certificate }) } })
    const log = openLog(`kafkas://${USER}:${password}@${kafka.securedBrokers}?ca=${ca}`, cloud)
    expect((await attempt(log, topic)).kind).toBe('stored')
  })

  describe('a wrong password', () => {
    it('is one clear error at once, for few connections, and heals by itself', async () => {
      const topic = await makeTopic()
      const proxy = await proxied()
      const refusals = countLogged('kafka.refused')
      const log = openLog(urlOf(proxy.address, 'not-yet'))
      expect(await attempt(log, topic)).toMatchObject({
        kind: 'Misconfigured',
        message: expect.stringMatching(/refuses user bridge .*check user and password/),
      })
      const outcomes = await attempts(log, topic, 6_000)
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['Misconfigured']))
      // Only who comes while a try is under way waits for that.
      const slow = outcomes.filter(({ tookMs }) => tookMs > 50)
      expect(slow.length).toBeLessThan(outcomes.length / 3)
      expect(Math.max(...outcomes.map(({ tookMs }) => tookMs))).toBeLessThan(1_500)
      expect(proxy.accepted()).toBeLessThanOrEqual(6)
      expect(refusals()).toBe(1)

      await kafka.setPassword(USER, 'not-yet')
      await becomesStored(log, topic)
    })

    it('lets the hook-receiver answer 503 at once, without saying why', async () => {
      const hooks = await aHookReceiver(urlOf(kafka.securedBrokers, 'wrong-for-hooks'))
      await hooks()
      const started = performance.now()
      const answers = await Promise.all(Array.from({ length: 20 }, hooks))
      expect(performance.now() - started).toBeLessThan(1_000)
      for (const { statusCode, headers, body } of answers) {
        expect(statusCode).toBe(503)
        expect(headers).toHaveProperty('retry-after')
        expect(body).not.toContain(USER)
      }
    })

    it('keeps a consumer, a browser and a topic admin from nothing but connecting', async () => {
      const topic = await makeTopic()
      const proxy = await proxied()
      const url = urlOf(proxy.address, 'wrong-for-all')
      const consumer = kafkaEventConsumer(url)
      const browser = kafkaLogBrowser(url)
      const admin = kafkaTopicAdmin(url)
      onTestFinished(async () => {
        await Promise.all([consumer.close(), browser.close(), admin.close()])
      })
      const subscription = {
        ...{ group: `g-${topic}`, topic, startingPosition: 'earliest' as const },
        ...{ maxRecords: 1, maxWaitMs: 0 },
      }
      const failures = await Promise.allSettled([
        consumer.consume(subscription, async () => 0),
        browser.lag(new Date()),
        browser.bounds(topic),
        admin.plan([]),
      ])
      for (const failure of failures) {
        expect(failure).toMatchObject({ reason: { kind: 'Misconfigured' } })
      }
      expect(proxy.accepted()).toBeLessThanOrEqual(4)
    })
  })

  describe('a certificate that is not trusted', () => {
    it('is one clear error at once, for few connections, and heals by itself', async () => {
      const topic = await makeTopic()
      const proxy = await proxied()
      const refusals = countLogged('kafka.refused')
      const folder = await mkdtemp(join(tmpdir(), 'omninode-ca-'))
      onTestFinished(() => rm(folder, { recursive: true }))
      const ca = join(folder, 'ca.pem')
      await writeFile(ca, rootCertificates[0] ?? '')
      const log = openLog(`kafkas://${USER}:${password}@${proxy.address}?ca=${ca}`)
      expect(await attempt(log, topic)).toMatchObject({
        kind: 'Misconfigured',
        message: expect.stringMatching(/certificate of 127.0.0.1:\d+ is not trusted .*check ca=/),
      })
      const outcomes = await attempts(log, topic, 6_000)
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['Misconfigured']))
      expect(Math.max(...outcomes.map(({ tookMs }) => tookMs))).toBeLessThan(1_500)
      expect(proxy.accepted()).toBeLessThanOrEqual(6)
      expect(refusals()).toBe(1)

      await copyFile(kafka.caFile, ca)
      await becomesStored(log, topic)
    })

    it('is named when the file is not there', async () => {
      const log = openLog(`kafkas://${kafka.securedBrokers}?ca=/none/ca.pem`)
      expect(await attempt(log, 'any')).toMatchObject({
        kind: 'Misconfigured',
        message: expect.stringContaining('ca=/none/ca.pem'),
      })
    })
  })

  describe('a secret', () => {
    it('that is rotated fails no append, though Kafka refuses what was known', async () => {
      const topic = await makeTopic()
      const cloud = aCloud({ secrets: { [SECRET]: login(password) } })
      const first = openLog(bySecret(kafka.securedBrokers), cloud)
      expect((await attempt(first, topic)).kind).toBe('stored')
      // A secret is read at most every 5 s.
      await pause(5_100)
      await nextPassword()
      cloud.secrets[SECRET] = login(password)
      // What has a connection keeps it; what connects anew learns the new password.
      expect((await attempt(first, topic)).kind).toBe('stored')
      const second = openLog(bySecret(kafka.securedBrokers), cloud)
      expect((await attempt(second, topic)).kind).toBe('stored')
      expect(cloud.asked.secret).toBe(2)
    })

    it('that has expired is one clear error, is read rarely, and heals by itself', async () => {
      const topic = await makeTopic()
      const proxy = await proxied()
      const refusals = countLogged('kafka.refused')
      const cloud = aCloud({ secrets: { [SECRET]: login('expired') } })
      const log = openLog(bySecret(proxy.address), cloud)
      expect(await attempt(log, topic)).toMatchObject({
        kind: 'Misconfigured',
        message: expect.stringContaining(`check secret ${SECRET}`),
      })
      const outcomes = await attempts(log, topic, 8_000)
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['Misconfigured']))
      expect(proxy.accepted()).toBeLessThanOrEqual(7)
      expect(cloud.asked.secret).toBeLessThanOrEqual(3)
      expect(refusals()).toBe(1)

      cloud.secrets[SECRET] = login(password)
      await becomesStored(log, topic)
    })

    it.each([
      { trouble: 'is not there', secrets: {}, says: 'does not exist' },
      { trouble: 'is no login', secrets: { [SECRET]: 'hush' }, says: '"username" and "password"' },
    ])('that $trouble is one clear error, and heals by itself', async ({ secrets, says }) => {
      const topic = await makeTopic()
      const cloud = aCloud({ secrets: { ...secrets } })
      const log = openLog(bySecret(kafka.securedBrokers), cloud)
      const { kind, message } = await attempt(log, topic)
      expect(kind).toBe('Misconfigured')
      expect(message).toContain(says)
      expect(message).not.toContain('hush')
      cloud.secrets[SECRET] = login(password)
      await becomesStored(log, topic)
    })
  })

  it('goes on, producer and consumer, with a rotated secret after the broker restarted', async () => {
    const topic = await makeTopic()
    const cloud = aCloud({ secrets: { [SECRET]: login(password) } })
    const url = bySecret(kafka.securedBrokers)
    const log = openLog(url, cloud)
    const consumer = kafkaEventConsumer(url, cloud)
    onTestFinished(() => consumer.close())
    let consumed = 0
    await consumer.consume(
      {
        ...{ group: `g-${topic}`, topic, startingPosition: 'earliest' },
        ...{ maxRecords: 10, maxWaitMs: 0 },
      },
      async ({ records }) => {
        consumed += records.length
        return (records.at(-1)?.offset ?? 0) + 1
      },
    )
    expect((await attempt(log, topic)).kind).toBe('stored')
    await expect.poll(() => consumed, SOON).toBe(1)
    await nextPassword()
    cloud.secrets[SECRET] = login(password)
    await kafka.broker('kill', 1)
    await kafka.broker('revive', 1)
    await becomesStored(log, topic)
    await expect.poll(() => consumed, SOON).toBeGreaterThanOrEqual(2)
  })

  it('finds the brokers of a managed cluster, and finds them again when none answers', async () => {
    const topic = await makeTopic()
    const cluster = 'arn:aws:kafka:eu-central-1:123456789012:cluster/bridge/0a-1'
    const cloud = aCloud({
      secrets: { [SECRET]: login(password) },
      // Nobody listens there.
      clusterBrokers: ['127.0.0.1:1', '127.0.0.1:2'],
    })
    const log = openLog(`msk:${cluster}?auth=scram&secret=${SECRET}&ca=${kafka.caFile}`, cloud)
    expect((await attempt(log, topic)).kind).toBe('Unavailable')
    expect(cloud.asked.brokers).toBe(1)
    cloud.clusterBrokers = [kafka.securedBrokers]
    await becomesStored(log, topic)
    expect(cloud.asked.brokers).toBe(2)
  })

  it('names npm run topics where a topic is missing', async () => {
    const url = urlOf(kafka.securedBrokers, password)
    const log = openLog(url)
    expect(await attempt(log, 'no.such.topic')).toMatchObject({
      kind: 'NotFound',
      message: expect.stringMatching(/topic no.such.topic does not exist .*npm run topics/),
    })
    const browser = kafkaLogBrowser(url)
    onTestFinished(() => browser.close())
    await expect(browser.bounds('no.such.topic')).rejects.toMatchObject({
      kind: 'NotFound',
      message: expect.stringMatching(/topic no.such.topic does not exist .*npm run topics/),
    })
  })

  it('npm run topics works on it, and shows no password', async () => {
    const run = (word: string) =>
      promisify(execFile)(process.execPath, ['commands/topics.ts', '--dry-run'], {
        env: { ...process.env, EVENT_LOG_URL: urlOf(kafka.securedBrokers, word) },
      }).then(
        ({ stdout }) => ({ code: 0, output: stdout }),
        ({ code, stderr }: { code: number; stderr: string }) => ({ code, output: stderr }),
      )
    const done = await run(password)
    expect(done).toMatchObject({ code: 0, output: expect.stringMatching(/on kafkas:\/\/bridge@/) })
    expect(done.output).not.toContain(password)
    const refused = await run('wrong-word')
    expect(refused.output).toMatch(/refuses user bridge .*check user and password/)
    expect(refused.output).not.toContain('wrong-word')
    expect(refused.code).not.toBe(0)
  })
})

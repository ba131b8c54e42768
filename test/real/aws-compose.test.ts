import { execFile } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import type { NewKeyAnswer } from '#functions/access/schema.ts'
import { openEventLog } from '#shared/adapters/event-log.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { toDeadLetter } from '#shared/domain/dead-letter.ts'
import { toRecord } from '#shared/domain/events/record.ts'
import { formatTimeMicros } from '#shared/domain/time.ts'
import type { Graph, Pattern, Prediction } from '#shared/ports/learned-patterns.ts'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import type { Session } from '#shared/ports/recorded-sessions.ts'
import { type DeploymentRun, runDeploy } from '#test/support/deployment.ts'
import { eventually, type HttpClient, httpClient, settled } from '#test/support/http-client.ts'
import { type PollerProcess, startPollerProcess } from '#test/support/poller-process.ts'
import { startProxyProcess } from '#test/support/proxy-process.ts'

const { AWS_ENDPOINT_URL: endpoint = '', KAFKA_BROKERS: brokers = '' } = process.env
/** Where services are kept: Consul, where there is one, else the database. */
const consul = process.env.CONSUL_HTTP_ADDR?.replace(/^http:/, 'consul:')
const missing = ['AWS_ENDPOINT_URL', 'KAFKA_BROKERS', 'DATABASE_URL'].filter(
  (name) => !process.env[name],
)
const note = missing.length === 0 ? '' : ` (skipped: needs ${missing.join(' and ')})`

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

/** Emulators take a while for a function's first call, and MiniStack runs a function's calls in turn. */
const PATIENCE_MS = 60_000
const WHOLE_DEPLOYMENT_MS = 240_000

/** What tells of a run of these tests, on a log that others use too. */
const run = randomBytes(4).toString('hex')

describe.skipIf(missing.length > 0)(`the compose stage on an emulator of AWS${note}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'omninode-compose-'))
  const database = `test_compose_${run}`
  let environment: Record<string, string> = {}
  let isMiniStack: boolean
  let first: DeploymentRun
  let poller: PollerProcess | undefined
  let client: HttpClient

  beforeAll(async () => {
    const sql = connect(inject('postgresUrl'), { applicationName: 'test-compose' })
    await sql.unsafe(`create database ${database} template template0`)
    await sql.end()
    const at = (url: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href
    environment = {
      DATABASE_URL: at(inject('postgresUrl')),
      DATABASE_READER_URL: at(process.env.DATABASE_READER_URL || inject('postgresUrl')),
      SOURCE_SECRETS_KEY: randomBytes(32).toString('base64'),
      SYNTH_FOLDER: folder,
      UPSTREAM_NETWORKS: '127.0.0.0/8',
      ...(consul ? { DISCOVERY_URL: consul } : {}),
    }
    // The SDK, which AWS's own runtime brings along, is looked for above what was synthesised.
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
    isMiniStack = (await fetch(`${endpoint}/_ministack/health`)).ok
    first = await runDeploy(['--stage', 'compose'], environment)
    expect(first.code, first.output).toBe(0)
    // As its schedule does, within a minute.
    await new LambdaClient({ endpoint, region: 'us-east-1', credentials }).send(
      new InvokeCommand({ FunctionName: 'service-watcher', InvocationType: 'Event' }),
    )
    const assembly = join(folder, 'compose')
    poller = await startPollerProcess({ assembly, brokers, endpoint })
    client = httpClient(first.address, first.firstKey ?? '')
  }, WHOLE_DEPLOYMENT_MS)

  afterAll(async () => {
    await poller?.stop()
    rmSync(folder, { recursive: true, force: true })
    const sql = connect(inject('postgresUrl'), { applicationName: 'test-compose' })
    await sql.unsafe(`drop database if exists ${database} with (force)`)
    await sql.end()
  }, PATIENCE_MS)

  const event = (id: string) =>
    eventually(
      `event ${id} is readable`,
      async () => {
        const { status, body } = await client.get<RecordedEvent>(`/events/${id}`)
        return status === 200 ? body : undefined
      },
      PATIENCE_MS,
    )

  const recorded = (what: string, query: string) =>
    eventually(
      `${what} is recorded`,
      async () => (await client.all<RecordedEvent>(`/events?${query}`))[0],
      PATIENCE_MS,
    )

  it('is deployed with an address and a first key', () => {
    expect(first.firstKey).toMatch(/^omni_[0-9a-f]{12}_/)
    const path = isMiniStack ? '/restapis/[^/]+/v1/_user_request_' : '/_aws/execute-api/[^/]+/v1'
    expect(first.address).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+${path}$`))
  })

  it('is ready', async () => {
    expect((await client.get('/readyz', { key: null })).body).toMatchObject({ status: 'pass' })
    expect((await client.get('/health')).body).toMatchObject({ status: 'pass' })
  })

  it.each([
    {
      form: 'native',
      send: (id: string) => client.post('/hooks', native(id)),
    },
    {
      form: 'gzip',
      send: (id: string) =>
        client.post('/hooks', gzipSync(JSON.stringify(native(id))), {
          headers: { 'content-encoding': 'gzip' },
        }),
    },
    {
      form: 'structured CloudEvents',
      send: (id: string) =>
        client.post('/hooks', JSON.stringify({ ...native(id), specversion: '1.0' }), {
          headers: { 'content-type': 'application/cloudevents+json' },
        }),
    },
    {
      form: 'binary CloudEvents',
      send: (id: string) =>
        client.post('/hooks', 'plain words', {
          headers: {
            'ce-specversion': '1.0',
            'ce-id': id,
            'ce-source': `test/${run}`,
            'ce-type': 'orders.made',
            'content-type': 'text/plain',
          },
        }),
    },
  ])('takes $form events and records them', async ({ form, send }) => {
    const id = `${run}-${form.replace(' ', '-')}`
    const { status, body } = await send(id)
    expect(status, JSON.stringify(body)).toBe(202)
    expect(await event(id)).toMatchObject({ id, source: `test/${run}`, type: 'orders.made' })
  })

  it('takes a signed webhook, and refuses one with a wrong signature', async () => {
    const source = `webhook-${run}`
    const secret = randomBytes(24).toString('base64')
    const settings = { dialect: 'standard-webhooks', secrets: [`whsec_${secret}`] }
    expect((await client.put(`/sources/${source}`, settings)).status).toBe(201)
    const text = JSON.stringify({ type: 'invoice.paid', timestamp: '2026-01-01T00:00:00Z' })
    const send = (signedWith: string) => {
      const seconds = Math.floor(Date.now() / 1_000)
      const signature = createHmac('sha256', Buffer.from(signedWith, 'base64'))
        .update(`msg_${run}.${seconds}.${text}`)
        .digest('base64')
      const headers = {
        'webhook-id': `msg_${run}`,
        'webhook-timestamp': String(seconds),
        'webhook-signature': `v1,${signature}`,
      }
      return client.post(`/hooks/${source}`, text, { headers, key: null })
    }
    await eventually('the source is known', async () => {
      const { status } = await send(secret)
      return status === 202 ? true : undefined
    })
    expect((await send(randomBytes(24).toString('base64'))).status).toBe(401)
    const recorded = await eventually('the webhook is recorded', async () => {
      const events = await client.all<RecordedEvent>(`/events?source=${source}`)
      return events.length > 0 ? events : undefined
    })
    // However often it was sent until then.
    expect(recorded).toHaveLength(1)
  })

  it('learns sessions, graph, patterns and what comes next', async () => {
    const SESSIONS = 20
    const source = `test/learning-${run}`
    const start = Date.now() - 3_600_000
    const events = Array.from({ length: SESSIONS }, (_, session) =>
      ['Plan', 'Build', 'Ship'].map((operation, at) => ({
        source,
        type: 'hooks.execution.recorded',
        session: `learning-${run}-${session}`,
        time: new Date(start + session * 60_000 + at * 1_000).toISOString(),
        data: { operation, outcome: operation === 'Ship' ? 'error' : 'ok', duration_ms: 100 },
      })),
    ).flat()
    expect((await client.post('/hooks', events)).status).toBe(202)
    await settled(client, PATIENCE_MS)

    const sessions = await client.all<Session>('/sessions')
    expect(sessions.filter(({ id }) => id.startsWith(`learning-${run}-`))).toHaveLength(SESSIONS)
    const { body: graph } = await client.get<Graph>(`/graph?source=${source}`)
    expect(graph.edges.map(({ from, to, count }) => [from, to, count]).sort()).toEqual([
      ['Build', 'Ship', SESSIONS],
      ['Plan', 'Build', SESSIONS],
    ])
    const question = { sequence: ['Plan', 'Build'], source }
    const { body: prediction } = await client.post<Prediction>('/predictions', question)
    expect(prediction.items[0]).toMatchObject({ operation: 'Ship', support: SESSIONS })
    const { body: patterns } = await client.get<{ items: readonly Pattern[] }>(
      `/patterns?kind=failure&source=${source}`,
    )
    expect(patterns.items.find(({ subject }) => subject === 'Ship')).toMatchObject({
      kind: 'failure',
      support: SESSIONS,
    })
  })

  it('brings calls to services that registered, and records them', {
    timeout: 3 * PATIENCE_MS,
  }, async () => {
    const service = `orders-${run}`
    const upstream = createServer((request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ asked: request.url }))
    })
    await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done))
    const { port } = upstream.address() as AddressInfo
    onTestFinished(() => void upstream.close().closeAllConnections())
    const proxy = await startProxyProcess(join(folder, 'compose'), {
      ...{ AWS_ENDPOINT_URL: endpoint, AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: 'us-east-1' },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    })
    onTestFinished(() => void proxy.stop())
    const registered = await client.put(`/services/${service}/instances/one`, {
      ...{ address: '127.0.0.1', port, version: '1.2.0' },
      check: { http: '/health', interval_ms: 1_000 },
    })
    expect(registered.status, JSON.stringify(registered.body)).toBe(200)
    const ruled = await client.put(`/services/${service}/routing`, { default_version: '^1' })
    expect(ruled.status, JSON.stringify(ruled.body)).toBe(201)
    // What service-watcher publishes is what both go by.
    const resolved = await eventually(
      'the catalog has the instance and the rules',
      async () => {
        const { body } = await client.get<Resolved>(`/services/${service}/resolve`)
        return body.version === '1.2.0' && body.revision === 1 ? body : undefined
      },
      PATIENCE_MS,
    )
    expect(resolved.instances).toHaveLength(1)

    const headers = { 'accept-version': '^1', 'x-session-id': service }
    const called = await httpClient(proxy.address, client.key).post(
      `/proxy/${service}/orders?of=me`,
      { total: 3 },
      { headers },
    )
    const said = JSON.stringify(proxy.lines().slice(-5))
    expect([called.status, called.body], said).toEqual([200, { asked: '/orders?of=me' }])
    expect(called.headers.get('served-version')).toBe('1.2.0')
    expect(await recorded('the call', `session=${service}`)).toMatchObject({
      type: 'tools.calls.completed',
      data: { service, status: 200, route: { version: '1.2.0' } },
    })
    const registrations = `type=services.lifecycle.registered&q=${service}`
    expect(await recorded('the registration', registrations)).toMatchObject({
      subject: `${service}/one`,
    })
  })

  it('puts a record that is no event aside, and replays a dead letter whole', async () => {
    const log = await openEventLog(`kafka://${brokers}`)
    const id = `${run}-replayed`
    const now = formatTimeMicros(Date.now() * 1_000)
    const record = {
      topic: 'hooks.execution',
      ...toRecord({
        ...{ id, source: `test/${run}`, type: 'hooks.execution.started', time: now },
        attributes: { recordedtime: now, datacontenttype: 'application/json' },
        body: '{"kept":"whole"}',
      }),
    }
    const poison = {
      topic: 'hooks.execution',
      ...{ key: `poison-${run}`, value: Buffer.from('no event'), headers: {} },
    }
    // As a function that could not process it would have left it.
    const letter = toDeadLetter(
      { ...record, partition: 0, offset: 0, timestamp: Date.now() },
      { reason: 'failed', stage: 'event-recorder', attempt: 1, at: new Date() },
    )
    const since = new Date().toISOString()
    const [, at] = await log.append([poison, letter])
    await log.close()

    await eventually(
      'the poison record is a dead letter',
      async () => {
        const listed = await dlq('list', '--reason', 'malformed', '--since', since)
        return /hooks\.execution\/\d+\/\d+ .* malformed .* event-recorder/.test(listed)
          ? true
          : undefined
      },
      PATIENCE_MS,
    )
    expect((await client.get(`/events/${id}`)).status).toBe(404)
    await dlq('replay', `hooks.execution/${at?.partition}/${at?.offset}`)
    expect(await event(id)).toMatchObject({ id, data: { kept: 'whole' } })
  })

  it('refuses a revoked key within seconds', async () => {
    const wanted = { name: 'short-lived', roles: ['writer'] }
    const { status, body } = await client.post<NewKeyAnswer>('/keys', wanted)
    expect(status, JSON.stringify(body)).toBe(201)
    const { id, key } = body
    const answers = (wantedStatus: number) =>
      eventually(`the key gets ${wantedStatus}`, async () => {
        const sent = await client.post('/hooks', native(`${run}-key`), { key })
        return sent.status === wantedStatus ? true : undefined
      })
    await answers(202)
    const response = await fetch(`${client.address}/keys/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${client.key}` },
    })
    expect(response.status).toBe(204)
    await answers(401)
  })

  it('says that it can stream nothing', async () => {
    const { status, body } = await client.get('/live')
    // MiniStack leaves a mock integration's answer out of what CloudFormation deploys.
    if (isMiniStack) expect([status, body]).toEqual([200, {}])
    else expect([status, body]).toMatchObject([501, { status: 501, title: 'Not Implemented' }])
  })

  it('is left as it is by a second deployment', { timeout: WHOLE_DEPLOYMENT_MS }, async () => {
    const second = await runDeploy(['--stage', 'compose'], environment)
    expect(second.code, second.output).toBe(0)
    const stacks = second.output.split('\n').filter((line) => /^ {2}\S+ \(omninode-/.test(line))
    expect(stacks.length).toBeGreaterThan(3)
    const changed = stacks.filter((line) => !line.endsWith('(no changes)'))
    // MiniStack tells parameters that are not to be shown as `****`: to cdk they look changed.
    if (isMiniStack) expect(changed.join()).not.toContain('front-door')
    else expect(changed).toEqual([])
    expect(second.firstKey).toBeUndefined()
    expect(second.address).toBe(first.address)
    expect(second.ms).toBeLessThan(120_000)
    expect((await client.get('/health')).status).toBe(200)
  })

  const dlq = async (...args: string[]) => {
    const command = promisify(execFile)(process.execPath, [join('commands', 'dlq.ts'), ...args], {
      env: { ...process.env, EVENT_LOG_URL: `kafka://${brokers}` },
    })
    return (await command).stdout
  }
})

type Resolved = Readonly<{
  version: string
  revision: number
  instances: readonly unknown[]
}>

const native = (id: string) => ({
  id,
  source: `test/${run}`,
  type: 'orders.made',
  data: { total: 3 },
})

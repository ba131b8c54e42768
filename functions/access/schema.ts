import * as z from 'zod'
import { dialects } from '#shared/domain/access.ts'
import type { Route } from '#shared/domain/http/route.ts'
import { isKeyTemplate } from '#shared/domain/sources.ts'
import { eventTopics } from '#shared/domain/topics.ts'
import { listOf, pageQuery } from '#shared/schema/list.ts'
import { instant, text, time } from '#shared/schema/text.ts'
import { rightsRoutes, roleName } from './rights-schema.ts'

const fewTexts = z.array(text(128)).max(100)
/** Shorter ones can be guessed. */
const secret = text(512).min(8)

const redact = z.strictObject({
  keys: fewTexts.exactOptional(),
  prefixes: z.array(text(128).min(3)).max(100).exactOptional(),
  emails: z.boolean().exactOptional(),
})

/** What a source is made of; whatever is left out goes back to its default, but for the secrets. */
export const sourceInput = z
  .strictObject({
    dialect: z.enum(dialects),
    secrets: z.array(secret).max(2).exactOptional().meta({
      description: 'replaces all signing secrets; two may be live; none: a key is needed',
    }),
    add_secret: secret
      .exactOptional()
      .meta({ description: 'joins the newest of the secrets so far, for a rotation' }),
    topic: z.enum(eventTopics.map(({ name }) => name)).exactOptional(),
    key_template: text(256)
      .refine(isKeyTemplate, 'may hold {session}, {correlation}, {source}, {subject}, {data.path}')
      .exactOptional(),
    redact: redact.exactOptional(),
  })
  .refine(({ secrets, add_secret }) => !(secrets && add_secret), {
    path: ['add_secret'],
    message: 'secrets and add_secret exclude each other',
  })

const source = z.object({
  name: z.string(),
  dialect: z.enum(dialects),
  secrets: z
    .array(z.object({ fingerprint: z.string(), created_at: time }))
    .meta({ description: 'newest first, never shown again' }),
  topic: z.string().nullable(),
  key_template: z.string().nullable(),
  redact: redact.nullable(),
  created_at: time,
  updated_at: time,
})

/** What a new key may do, and until when. */
export const keyInput = z.strictObject({
  name: text(128),
  roles: z
    .array(roleName)
    .min(1)
    .max(32)
    .meta({ description: 'built-in ones and those of /roles' }),
  expires_at: instant.exactOptional(),
})

const key = z.object({
  id: z.string(),
  name: z.string(),
  roles: z.array(z.string()),
  created_at: time,
  expires_at: time.nullable(),
})

const newKey = key.extend({
  key: z.string().meta({ description: 'shown this once' }),
  active: z.boolean().meta({ description: 'false: works within a minute instead of 5 s' }),
})

export type SourceAnswer = z.infer<typeof source>
export type NewKeyAnswer = z.infer<typeof newKey>

const gone = { description: 'removed; no longer valid anywhere within 5 s' }

export const routes = [
  {
    method: 'GET',
    path: '/sources',
    summary: 'The sources there are, by name',
    access: 'operator',
    query: pageQuery,
    answers: { 200: { description: 'a page of sources', schema: listOf(source) } },
  },
  {
    method: 'GET',
    path: '/sources/{source}',
    summary: 'A source and its settings',
    access: 'operator',
    answers: { 200: { description: 'the source', schema: source } },
  },
  {
    method: 'PUT',
    path: '/sources/{source}',
    summary: 'Makes a source or replaces its settings',
    access: 'operator',
    body: sourceInput,
    answers: {
      200: { description: 'the settings were replaced', schema: source },
      201: { description: 'the source was made', schema: source },
    },
  },
  {
    method: 'DELETE',
    path: '/sources/{source}',
    summary: 'Removes a source',
    access: 'operator',
    answers: { 204: gone },
  },
  {
    method: 'GET',
    path: '/keys',
    summary: 'The keys there are, by id, never the keys themselves',
    access: 'admin',
    query: pageQuery,
    answers: { 200: { description: 'a page of keys', schema: listOf(key) } },
  },
  {
    method: 'POST',
    path: '/keys',
    summary: 'Makes a key and shows it this once',
    access: 'admin',
    body: keyInput,
    answers: { 201: { description: 'the key', schema: newKey } },
  },
  {
    method: 'DELETE',
    path: '/keys/{id}',
    summary: 'Revokes a key',
    access: 'admin',
    answers: { 204: gone },
  },
  ...rightsRoutes,
] as const satisfies readonly Route[]

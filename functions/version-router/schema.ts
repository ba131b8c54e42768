import * as z from 'zod'
import type { Route } from '#shared/domain/http/route.ts'
import { text, time } from '#shared/schema/text.ts'
import { range, rulesInput } from './rules-schema.ts'

const rules = rulesInput.extend({
  service: z.string(),
  revision: z.int().meta({ description: 'grows with each change; the entity tag' }),
  changed_at: time.exactOptional(),
  changed_by: z.string().exactOptional(),
})

const revision = z.object({
  revision: z.int(),
  changed_at: time.nullable(),
  changed_by: z.string().nullable(),
  deleted: z.boolean(),
  rules: rulesInput,
})

const resolveQuery = z.strictObject({
  version: text(256)
    .exactOptional()
    .meta({ description: 'as Accept-Version: a range, a version, `latest`' }),
  session: text(256).exactOptional().meta({ description: 'decides for the same share each time' }),
  pinned: text(128).exactOptional().meta({ description: 'the version of an earlier hop' }),
})

const resolution = z.object({
  service: z.string(),
  version: z.string(),
  why: z.string().meta({ description: 'what decided' }),
  revision: z.int().meta({ description: 'of the routing rules; 0 without any' }),
  transformed: z
    .array(z.string())
    .nullable()
    .meta({ description: 'the ranges that a call would be transformed over; the proxy does so' }),
  instances: z.array(
    z.object({
      id: z.string(),
      address: z.string(),
      port: z.int(),
      version: z.string(),
      protocol: z.string(),
      health: z.string(),
    }),
  ),
  headers: z
    .array(z.object({ name: z.string(), value: z.string() }))
    .meta({ description: 'what the proxy would say of the version' }),
  stale: z.boolean().meta({ description: 'the catalog is older than it should be' }),
})

const message = z.record(z.string(), z.unknown())

const trialInput = z.strictObject({
  from: range.meta({ description: 'what the caller takes' }),
  to: range.meta({ description: 'the version that would serve it' }),
  transforms: rulesInput.shape.transforms.meta({ description: "left out: the service's own" }),
  request: message.exactOptional().meta({ description: '{ method, path, query, headers, body }' }),
  response: message.exactOptional().meta({ description: '{ status, headers, body }' }),
})

const trial = z.object({
  versions: z.array(z.string()).meta({ description: 'the ranges passed, from first to last' }),
  request: message.meta({ description: 'as the serving version would get it' }),
  response: message.exactOptional().meta({ description: 'as the caller would get it' }),
})

const etag = 'the entity tag is the revision in quotes'

export const routes = [
  {
    method: 'GET',
    path: '/services/{name}/routing',
    summary: "A service's routing rules",
    access: 'reader',
    answers: { 200: { description: `the rules; ${etag}`, schema: rules } },
  },
  {
    method: 'PUT',
    path: '/services/{name}/routing',
    summary: "Replaces a service's routing rules, once the examples of its transforms hold",
    access: 'operator',
    body: rulesInput,
    answers: {
      200: { description: `the rules as they are now; ${etag}`, schema: rules },
      201: { description: `the service's first rules; ${etag}`, schema: rules },
    },
  },
  {
    method: 'DELETE',
    path: '/services/{name}/routing',
    summary: "Takes a service's routing rules away: defaults hold",
    access: 'operator',
    answers: { 204: { description: 'there are none' } },
  },
  {
    method: 'GET',
    path: '/services/{name}/routing/revisions',
    summary: "The last 20 revisions of a service's routing rules, newest first",
    access: 'reader',
    answers: {
      200: { description: 'the revisions', schema: z.object({ items: z.array(revision) }) },
    },
  },
  {
    method: 'POST',
    path: '/services/{name}/routing/revert',
    summary: 'Makes the rules of an earlier revision the newest ones',
    access: 'operator',
    body: z.strictObject({ revision: z.int().min(1) }),
    answers: { 200: { description: `the rules as they are now; ${etag}`, schema: rules } },
  },
  {
    method: 'POST',
    path: '/services/{name}/routing/test',
    summary: 'Takes a message over transforms without sending it',
    access: 'operator',
    body: trialInput,
    answers: { 200: { description: 'what came of it', schema: trial } },
  },
  {
    method: 'GET',
    path: '/services/{name}/resolve',
    summary: 'Which version and instances a call would get, and why: for those who call directly',
    access: 'reader',
    query: resolveQuery,
    answers: { 200: { description: 'the decision', schema: resolution } },
  },
] as const satisfies readonly Route[]

export type RulesAnswer = z.infer<typeof rules>
export type Resolution = z.infer<typeof resolution>
export type Trial = z.infer<typeof trial>
export type RevisionAnswer = z.infer<typeof revision>

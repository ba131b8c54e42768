import type { Role } from '../access.ts'

/** What a schema of ours can do here; zod schemas fit. */
export type Schema = { safeParse(input: unknown): unknown }

/** One route of the API: the stacks, the router, authentication and `/openapi.json` all read this. */
export type Route = Readonly<{
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS'
  /** API Gateway resource path, `/hooks/{source}`. */
  path: string
  /** One sentence for people. */
  summary: string
  /** The role a key needs; `public` for none; `source` for a source's signature or a writer's key. */
  access: Role | 'public' | 'source'
  /** Query parameters, as an object schema. */
  query?: Schema
  body?: Schema
  /** Answers by status beside the errors every route shares. */
  answers: Readonly<Record<number, Answer>>
  /** The answer is a stream (server-sent events). */
  streaming?: boolean
}>

export type Answer = Readonly<{
  description: string
  schema?: Schema
  /** `application/json` when left out. */
  mediaType?: string
}>

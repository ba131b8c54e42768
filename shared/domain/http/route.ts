import type { Role } from '../access.ts'

/** What a schema of ours can do here; zod schemas fit. */
export type Schema = { safeParse(input: unknown): unknown }

/** One route of the API: the stacks, the router, authentication and `/openapi.json` all read this. */
export type Route = Readonly<{
  /** `ANY` takes every method, as in API Gateway. */
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS' | 'ANY'
  /** API Gateway resource path, `/hooks/{source}`; `{path+}` takes the rest of a path. */
  path: string
  /** One sentence for people. */
  summary: string
  /**
   * The role a caller needs; `public` for none; `source` for a source's signature or a writer;
   * `identified` for anyone who is known: the action decides what he may.
   */
  access: Role | 'public' | 'source' | 'identified'
  /** Query parameters, as an object schema. */
  query?: Schema
  body?: Schema
  /** An empty body is taken for `{}`. */
  bodyOptional?: boolean
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

import { PROBLEM_MEDIA_TYPE } from '../problem.ts'
import type { Answer, Route, Schema } from './route.ts'

/** A JSON Schema, or any other part of the document. */
type Json = Readonly<Record<string, unknown>>

/** A route and the function that answers it. */
export type DocumentedRoute = Readonly<{ route: Route; functionName: string }>

/** Writes a schema as JSON Schema 2020-12, as callers send it or as they receive it. */
export type ToJsonSchema = (schema: Schema, direction: 'input' | 'output') => Json

/** The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1) of all routes. */
export function openapiDocument(
  routes: readonly DocumentedRoute[],
  info: Readonly<{ title: string; version: string; description: string }>,
  toJsonSchema: ToJsonSchema,
): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const { route, functionName } of routes) {
    // A greedy parameter is API Gateway's own; in OpenAPI no parameter takes a slash.
    const template = route.path.replaceAll('+}', '}')
    const path = paths[template] ?? {}
    for (const method of route.method === 'ANY' ? METHODS : [route.method]) {
      path[method.toLowerCase()] = operation({ ...route, method }, functionName, toJsonSchema)
    }
    paths[template] = path
  }
  return {
    openapi: '3.1.1',
    info,
    // Relative to where the document was fetched: `/openapi.json` of the stage.
    servers: [{ url: '.' }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
      schemas: { Problem: problemSchema },
      headers: { traceparent: { description: 'W3C Trace Context', schema: { type: 'string' } } },
      responses: {
        Problem: {
          description: 'What went wrong (RFC 9457)',
          headers,
          content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  }
}

/** What an `ANY` route is written as: the methods that API Gateway and OpenAPI both have. */
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'] as const

const headers = { traceparent: { $ref: '#/components/headers/traceparent' } }

/** A route with the one method it is written for. */
type Documented = Omit<Route, 'method'> & Readonly<{ method: string }>

function operation(route: Documented, functionName: string, toJsonSchema: ToJsonSchema): Json {
  const parameters = [...pathParameters(route), ...queryParameters(route, toJsonSchema)]
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [functionName],
    ...accessOf(route),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: !route.bodyOptional,
            content: { 'application/json': { schema: toJsonSchema(route.body, 'input') } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [
          status,
          response(answer, toJsonSchema),
        ]),
      ),
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

/** `GET /sessions/{id}` is `getSessionsId`. */
function operationId({ method, path }: Documented): string {
  const words = path.match(/[A-Za-z0-9]+/g) ?? []
  return method.toLowerCase() + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')
}

/** OpenAPI 3.1 lets any scheme name the roles it takes. */
function accessOf({ access }: Documented): Json {
  if (access === 'public') return { security: [] }
  const roles = access === 'identified' ? [] : [access === 'source' ? 'writer' : access]
  const security: Json[] = [{ bearer: roles }, { apiKey: roles }]
  // A source with secrets is known by its signature instead.
  return { security: access === 'source' ? [...security, {}] : security }
}

function pathParameters({ path }: Documented): Json[] {
  return [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters({ query }: Documented, toJsonSchema: ToJsonSchema): Json[] {
  if (!query) return []
  const { properties = {}, required = [] } = toJsonSchema(query, 'input') as {
    properties?: Record<string, Json>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }))
}

function response({ description, schema, mediaType }: Answer, toJsonSchema: ToJsonSchema): Json {
  if (!schema) return { description, headers }
  const type = mediaType ?? 'application/json'
  return { description, headers, content: { [type]: { schema: toJsonSchema(schema, 'output') } } }
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri-reference' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
}

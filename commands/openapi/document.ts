import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import {
  type DocumentedRoute,
  openapiDocument,
  type ToJsonSchema,
} from '#shared/domain/http/openapi.ts'
import type { Route } from '#shared/domain/http/route.ts'

const root = new URL('../../', import.meta.url)

/** Where the document is kept: the insight function answers it, people read it. */
export const documentFile = fileURLToPath(new URL('docs/reference/openapi.json', root))

/** The text of the OpenAPI document of every function that has routes. */
export async function describeApi(): Promise<string> {
  const manifest = await readFile(new URL('package.json', root), 'utf8')
  const { version, description } = JSON.parse(manifest) as { version: string; description: string }
  const info = { title: 'OmniNode Bridge', version, description }
  return `${JSON.stringify(openapiDocument(await allRoutes(), info, toJsonSchema), null, 2)}\n`
}

async function allRoutes(): Promise<readonly DocumentedRoute[]> {
  const names = (await readdir(new URL('functions/', root))).sort()
  const perFunction = await Promise.all(names.map(routesOf))
  return perFunction.flat()
}

async function routesOf(functionName: string): Promise<readonly DocumentedRoute[]> {
  const file = new URL(`functions/${functionName}/schema.ts`, root)
  if (!existsSync(file)) return []
  const { routes = [] } = (await import(file.href)) as { routes?: readonly Route[] }
  return routes.map((route) => ({ route, functionName }))
}

const toJsonSchema: ToJsonSchema = (schema, direction) => {
  const { $schema, ...rest } = z.toJSONSchema(schema as z.ZodType, {
    io: direction,
    // What JSON Schema can't say, such as a transformed value, is left open.
    unrepresentable: 'any',
  })
  return rest
}

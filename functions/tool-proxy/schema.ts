import * as z from 'zod'
import type { Route } from '#shared/domain/http/route.ts'

const forwarded = {
  description: 'what the instance answers, whatever its status; see docs/reference/proxy.md',
  schema: z.string(),
  mediaType: '*/*',
}

/** Who may call which service is decided by the capability that an operation asks for. */
export const routes = [
  {
    method: 'ANY',
    path: '/proxy/{service}',
    summary: 'Calls the root of a service at a healthy instance, captured',
    access: 'identified',
    answers: { 200: forwarded },
    streaming: true,
  },
  {
    method: 'ANY',
    path: '/proxy/{service}/{path+}',
    summary: 'Calls a service at a healthy instance of the version wanted, captured',
    access: 'identified',
    answers: { 200: forwarded },
    streaming: true,
  },
] as const satisfies readonly Route[]

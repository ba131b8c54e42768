import { verifiedClientCertificate } from '#shared/adapters/http-server/client-certificate.ts'
import type { OpenListening } from '#shared/adapters/http-server/listening-function.ts'
import { compose } from './compose.ts'
import { env } from './env.ts'
import { serveRequests } from './serve-requests.ts'

/** The proxy in a process that lives on: the calls of many callers side by side. */
export const open: OpenListening = async (environment) => {
  const { proxy, close } = await compose(env.parse(environment), { apart: true })
  return { ...serveRequests(proxy, verifiedClientCertificate), close }
}

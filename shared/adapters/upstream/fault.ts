import type { CallFault } from '../../domain/calls/call.ts'
import { Failure } from '../../errors.ts'
import type { UpstreamFault } from '../../ports/upstream.ts'

/** How far a request had come when it failed. */
export type Reached = Readonly<{
  /** A connection stood, over TLS where it takes that. */
  connected: boolean
  /** TCP stood, and TLS was being agreed on. */
  securing: boolean
}>

const UNRESOLVED = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  'ENODATA',
])

/** Names what went wrong with a request; `instance` is how it is spoken of. */
export function faultOf(error: unknown, instance: string, reached: Reached): UpstreamFault {
  const { code = '', message } = error as NodeJS.ErrnoException
  const kind = kindOf(error, code, reached)
  return { kind, detail: `${instance} ${said[kind] ?? 'failed'}: ${message}` }
}

function kindOf(error: unknown, code: string, { connected, securing }: Reached): CallFault {
  if (error instanceof Failure && error.kind === 'Forbidden') return 'address-refused'
  if (code.startsWith('HPE_')) return 'malformed-response'
  if (connected) return 'reset'
  if (UNRESOLVED.has(code)) return 'unresolved'
  return securing ? 'tls' : 'unreachable'
}

/** The mesh does not let us call an instance, or gives us nothing to call it with. */
export function refusedByMesh(error: unknown, instance: string): UpstreamFault {
  const kind = error instanceof Failure && error.kind === 'Forbidden' ? 'forbidden' : 'tls'
  return { kind, detail: `${instance} may not be called: ${(error as Error).message}` }
}

const said: Partial<Record<CallFault, string>> = {
  'address-refused': 'may not be called',
  'malformed-response': 'did not answer in HTTP/1.1',
  reset: 'closed the connection before its answer was whole',
  unresolved: 'has a name that leads nowhere',
  tls: 'could not be spoken to over TLS',
  unreachable: 'could not be reached',
}

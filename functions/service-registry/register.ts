import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import type { InstanceRef, Registration } from '#shared/domain/discovery/instance.ts'
import { DOCUMENT_KEY, documentOf } from '#shared/domain/discovery/instance-document.ts'
import type { ActionRequest, Actions } from '#shared/domain/http/action.ts'
import type { Directory } from '#shared/ports/directory.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import type { UpstreamNetworks } from '#shared/ports/upstream-networks.ts'
import { keepDocument, textOf } from './documents.ts'
import { mayRegister, type RegistrarDependencies } from './may-register.ts'
import { acceptRef, OUTSIDE, refuse, toRegistration, ZONE_KEY } from './registration.ts'
import type { RegisteredAnswer, routes } from './schema.ts'

type RegisterRoute = Extract<
  (typeof routes)[number],
  { path: `/services/{name}/instances/${string}` }
>

export type RegisterDependencies = RegistrarDependencies &
  Readonly<{
    directory: Directory
    keyValue: KeyValue
    networks: UpstreamNetworks
    /** Whether a name leads, as it resolves now, to where it may not. */
    leadsOutside: (host: string) => Promise<boolean>
    now: () => Date
  }>

/** Instances: how they come, say that they live, and go. */
export const registerActions = (dependencies: RegisterDependencies): Actions<RegisterRoute> => {
  const { directory, keyValue, networks, leadsOutside, now } = dependencies

  /** The instance that a path names, once it is clear that the caller may speak for it. */
  async function admitted(request: Pick<ActionRequest, 'params' | 'principal'>) {
    const { name: service = '', id = '' } = request.params
    await mayRegister(dependencies, request.principal, service)
    return { service, id }
  }

  /** Who asks by HTTP may be no part of ours that checks each address: Consul is not. */
  async function refuseHiddenAddress({ check, address }: Registration): Promise<void> {
    if (check.kind === 'http' && (await leadsOutside(address))) refuse([OUTSIDE])
  }

  return {
    'PUT /services/{name}/instances/{id}': async (request) => {
      const ref = await admitted(request)
      const { body } = request
      const document = body.tools && documentOf(body.tools, now())
      const text = document && textOf(document)
      const registration = toRegistration(ref, body, document?.digest, networks)
      await refuseHiddenAddress(registration)
      // Before the instance refers to it, so that nobody looks for it in vain.
      if (document && text) await keepDocument(keyValue, ref, document, text)
      await directory.register(registration)
      return { body: toAnswer(registration) }
    },

    'DELETE /services/{name}/instances/{id}': async (request) => {
      const ref = await admitted(request)
      await directory.deregister(acceptRef(ref))
      await keyValue.delete(documentKey(ref))
      return { status: 204 }
    },

    'POST /services/{name}/instances/{id}/renew': async (request) => {
      const ref = await admitted(request)
      const { status, note } = request.body
      await directory.renew(acceptRef(ref), status, note)
      return { status: 204 }
    },

    'PUT /services/{name}/instances/{id}/maintenance': async (request) => {
      const ref = acceptRef(await admitted(request))
      await directory.startMaintenance(ref, request.body.reason)
      return { status: 204 }
    },

    'DELETE /services/{name}/instances/{id}/maintenance': async (request) => {
      await directory.endMaintenance(acceptRef(await admitted(request)))
      return { status: 204 }
    },
  }
}

const documentKey = ({ service, id }: InstanceRef) => catalogKeys.document(service, id)

function toAnswer({ check, ...instance }: Registration): RegisteredAnswer {
  const { capabilities, tags, meta } = instance
  const removal = check.removeAfterMs === undefined ? {} : { remove_after_ms: check.removeAfterMs }
  return {
    ...instance,
    ...{ capabilities: [...capabilities], tags: [...tags], meta: { ...meta } },
    zone: meta[ZONE_KEY] ?? null,
    document: meta[DOCUMENT_KEY] ?? null,
    check:
      check.kind === 'ttl'
        ? { ttl_ms: check.ttlMs, ...removal }
        : {
            http: check.path,
            scheme: check.scheme,
            interval_ms: check.intervalMs,
            timeout_ms: check.timeoutMs,
            ...removal,
          },
  }
}

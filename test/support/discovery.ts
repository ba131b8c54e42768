import type { Registration } from '#shared/domain/discovery/instance.ts'

let number = 0

/** A name that nothing else uses, on a Consul that others use too. */
export function aName(prefix: string): string {
  number += 1
  return `${prefix}-${Date.now().toString(36)}-${process.pid.toString(36)}-${number}`
}

export function aRegistration(changes: Partial<Registration> = {}): Registration {
  return {
    ...{ service: aName('service'), id: 'one', address: '127.0.0.1', port: 8_080 },
    ...{ version: '1.2.3', protocol: 'http', capabilities: [], tags: [], meta: {} },
    check: { kind: 'ttl', ttlMs: 30_000 },
    ...changes,
  }
}

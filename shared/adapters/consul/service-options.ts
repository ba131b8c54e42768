import { consulCheckId, toConsulService } from '../../domain/discovery/consul-service.ts'
import { checkUrl, type Registration } from '../../domain/discovery/instance.ts'

/** npm consul's types ask for a time-out of every check; one that is reported has none. */
const NOT_SENT = '1s'

/** A registration as npm consul takes it. */
export function serviceOptions(registration: Registration) {
  return { ...toConsulService(registration), check: checkOptions(registration) }
}

function checkOptions(registration: Registration) {
  const { check, service } = registration
  const common = {
    checkid: consulCheckId(registration, check.kind),
    name: `${service} is well`,
    ...(check.removeAfterMs === undefined
      ? {}
      : { deregistercriticalserviceafter: milliseconds(check.removeAfterMs) }),
  }
  if (check.kind === 'ttl') {
    return { ...common, ttl: milliseconds(check.ttlMs), status: 'passing', timeout: NOT_SENT }
  }
  return {
    ...common,
    http: checkUrl(registration, check),
    interval: milliseconds(check.intervalMs),
    timeout: milliseconds(check.timeoutMs),
  }
}

function milliseconds(ms: number): string {
  return `${ms}ms`
}

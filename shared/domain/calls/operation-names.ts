/** Keeps the operations that are guessed from paths few, whatever callers ask for. */
export type OperationNames = Readonly<{
  /** The operation to count a guessed one as: itself, or `{other}` once a service has too many. */
  admit(service: string, operation: string): string
}>

/** Operations of one service that are told apart; the rest is one. */
const MOST_OPERATIONS = 500
const MOST_SERVICES = 1_000

/** What operations are called that came when a service had its most already. */
export const OTHER_OPERATION = '{other}'

/**
 * Names given to guessed operations by one process. Two processes may admit different ones where a
 * service has more than the most; declared operations are never counted here.
 */
export function operationNames(
  mostOperations = MOST_OPERATIONS,
  mostServices = MOST_SERVICES,
): OperationNames {
  const services = new Map<string, Set<string>>()
  return {
    admit(service, operation) {
      let names = services.get(service)
      if (!names) {
        if (services.size >= mostServices) services.delete(services.keys().next().value as string)
        names = new Set()
        services.set(service, names)
      }
      if (names.has(operation)) return operation
      if (names.size >= mostOperations) return OTHER_OPERATION
      names.add(operation)
      return operation
    },
  }
}

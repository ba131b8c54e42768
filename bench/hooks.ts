/** A made stream of hooks like those of a coding agent, each body about 500 bytes. */
export type HookStream = Readonly<{
  /** The next single hook as JSON. */
  next(): string
  /** The next `size` hooks as a JSON array. */
  batch(size: number): string
}>

const OPERATIONS = ['Read', 'Grep', 'Edit', 'Bash', 'Read', 'Write', 'TodoWrite', 'Glob'] as const

/** Executions per session; a session's hooks then follow each other closely, as an agent's do. */
const EXECUTIONS_PER_SESSION = 25
/** Sessions that run side by side. */
const PARALLEL_SESSIONS = 64

const INPUT = JSON.stringify({
  file_path: '/home/user/project/src/orders/calculate-total.ts',
  old_string: 'const total = items.reduce((sum, item) => sum + item.price, 0)',
  new_string: 'const total = items.reduce((sum, item) => sum + item.price * item.quantity, 0)',
  description: 'Multiply the price by the quantity',
})

/**
 * Hooks of `label`'s sessions: a before and an after in turn, in native form. Ids are left to the
 * bridge unless `ids` is true.
 */
export function hookStream(label: string, options: { ids?: boolean } = {}): HookStream {
  let count = 0
  const next = () => {
    const at = count++
    const lane = (at >> 1) % PARALLEL_SESSIONS
    const execution = Math.floor((at >> 1) / PARALLEL_SESSIONS)
    const session = `${label}-${Math.floor(execution / EXECUTIONS_PER_SESSION)}-${lane}`
    const operation = OPERATIONS[(execution + lane) % OPERATIONS.length]
    const id = options.ids ? `"id":"${label}-${at}",` : ''
    const head = `{${id}"source":"agents/${label}","session":"${session}",`
    const call = `"operation":"${operation}","call_id":"call-${at >> 1}","tool_input":${INPUT}`
    return at % 2 === 0
      ? `${head}"type":"hooks.execution.started","data":{${call}}}`
      : `${head}"type":"hooks.execution.completed","data":{${call},"outcome":"ok","duration_ms":${40 + (at % 90)}}}`
  }
  return {
    next,
    batch: (size) => `[${Array.from({ length: size }, next).join(',')}]`,
  }
}

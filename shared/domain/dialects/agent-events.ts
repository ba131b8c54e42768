import type { Known } from '../events/description.ts'
import type { Outcome, Phase } from '../events/event.ts'

/** What one hook event of an agent is on the log. */
export type AgentEvent = Readonly<{
  type: string
  phase: Phase
  outcome?: Outcome
  /** The operation is the tool that is used, not the hook event. */
  ofTool?: true
}>

/** How the agents' hook events map; names not listed are kept on `hooks.custom`. */
export type AgentEvents = ReadonlyMap<string, AgentEvent>

const tool = (verb: string, phase: Phase, outcome?: Known['outcome']): AgentEvent => ({
  type: `hooks.execution.${verb}`,
  phase,
  ofTool: true,
  ...(outcome ? { outcome } : {}),
})

/** Opens and closes a session. */
export const SESSION_STARTED: AgentEvent = { type: 'hooks.lifecycle.started', phase: 'start' }
export const SESSION_ENDED: AgentEvent = { type: 'hooks.lifecycle.ended', phase: 'end' }

/** Opens and closes the use of a tool. */
export const TOOL_STARTED = tool('started', 'before')
export const TOOL_COMPLETED = tool('completed', 'after', 'ok')
export const TOOL_FAILED = tool('failed', 'after', 'error')

/** Hook events that are whole in themselves: `<topic>.<name in snake case>`. */
export function points(topic: string, names: string): (readonly [string, AgentEvent])[] {
  return names.split(' ').map((name) => [name, point(topic, name)])
}

/** A hook event that no table names. */
export function unknownEvent(name: string): AgentEvent {
  return point('hooks.custom', name)
}

function point(topic: string, name: string): AgentEvent {
  return { type: `${topic}.${snakeCase(name)}`, phase: 'point' }
}

/** `PostToolUseFailure` -> `post_tool_use_failure`, `beforeMCPExecution` -> `before_mcp_execution`. */
function snakeCase(name: string): string {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? ['hook']
  return words.join('_').toLowerCase()
}

import { agentDialect } from './agent.ts'
import {
  type AgentEvents,
  points,
  SESSION_ENDED,
  SESSION_STARTED,
  TOOL_COMPLETED,
  TOOL_FAILED,
  TOOL_STARTED,
} from './agent-events.ts'

/**
 * Cursor's hook events (https://cursor.com/docs/agent/hooks). Its `before...` and `after...` hooks
 * come beside `preToolUse` and `postToolUse` of the same call, so they are points: an execution
 * counts once.
 */
const cursorEvents: AgentEvents = new Map([
  ['sessionStart', SESSION_STARTED],
  ['sessionEnd', SESSION_ENDED],
  ['preToolUse', TOOL_STARTED],
  ['postToolUse', TOOL_COMPLETED],
  ['postToolUseFailure', TOOL_FAILED],
  ...points(
    'hooks.execution',
    'beforeShellExecution afterShellExecution beforeMCPExecution afterMCPExecution beforeReadFile afterFileEdit beforeTabFileRead afterTabFileEdit',
  ),
  ...points('hooks.interaction', 'beforeSubmitPrompt afterAgentResponse afterAgentThought'),
  ...points('hooks.lifecycle', 'subagentStart subagentStop preCompact stop'),
])

/** Cursor's hooks. A session is a conversation; `session_id` is another thing there. */
export const cursor = agentDialect({
  events: cursorEvents,
  session: 'conversation_id',
  turn: 'generation_id',
})

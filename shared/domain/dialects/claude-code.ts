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
 * The 31 hook events of Claude Code (https://code.claude.com/docs/en/hooks). A subagent works within
 * its parent's session, so its start and stop are points there; `agentid` tells it apart.
 */
export const claudeCodeEvents: AgentEvents = new Map([
  ['SessionStart', SESSION_STARTED],
  ['Setup', { type: SESSION_STARTED.type, phase: 'point' }],
  ['SessionEnd', SESSION_ENDED],
  ['PreToolUse', TOOL_STARTED],
  ['PostToolUse', TOOL_COMPLETED],
  ['PostToolUseFailure', TOOL_FAILED],
  ...points('hooks.execution', 'PostToolBatch TaskCreated TaskCompleted'),
  ...points(
    'hooks.interaction',
    'UserPromptSubmit UserPromptExpansion PermissionRequest PermissionDenied Notification MessageDisplay Elicitation ElicitationResult',
  ),
  ...points(
    'hooks.lifecycle',
    'SubagentStart SubagentStop Stop StopFailure TeammateIdle PreCompact PostCompact InstructionsLoaded',
  ),
  ...points(
    'hooks.lifecycle',
    'ConfigChange CwdChanged DirectoryAdded FileChanged WorktreeCreate WorktreeRemove',
  ),
])

/** Claude Code's HTTP hooks. */
export const claudeCode = agentDialect({
  events: claudeCodeEvents,
  session: 'session_id',
  turn: 'prompt_id',
})

import { agentDialect } from './agent.ts'
import { claudeCodeEvents } from './claude-code.ts'

/** Codex's hooks: Claude Code's names, turns of its own. (https://developers.openai.com/codex) */
export const codex = agentDialect({
  events: claudeCodeEvents,
  session: 'session_id',
  turn: 'turn_id',
})

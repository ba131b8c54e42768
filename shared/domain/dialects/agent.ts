import { durationText } from '../events/description.ts'
import { standardWebhooksSignature } from '../signatures/standard-webhooks.ts'
import { type AgentEvents, unknownEvent } from './agent-events.ts'
import type { DialectRules, SourceDelivery } from './dialect.ts'
import type { Item, Reading } from './draft.ts'
import { type Check, type Fields, isObject, MAX, optionalText, requiredText } from './fields.ts'
import { isInstant } from './instant.ts'
import { jsonBody, tooMany } from './json-body.ts'

type Agent = Readonly<{
  events: AgentEvents
  /** The member that names the session. */
  session: 'session_id' | 'conversation_id'
  /** The member that names the turn: what one prompt set off. */
  turn: 'prompt_id' | 'turn_id' | 'generation_id'
}>

/**
 * An agent's hooks: one payload, or an array of them from a relay that kept them. The payload is the
 * event's data whole, with every member that nobody knows; what the hook was called is `hookevent`.
 * A payload has no id, and equal ones are real: each gets its own. An accepted payload is answered
 * `{}`, which decides nothing.
 */
export function agentDialect(agent: Agent): DialectRules {
  return {
    signature: standardWebhooksSignature,
    read: (delivery) => readAgent(agent, delivery),
    answer: '{}',
  }
}

function readAgent(agent: Agent, delivery: SourceDelivery): Reading {
  const reading = jsonBody(delivery)
  if (reading.type === 'refused') return reading
  const { value, text } = reading
  const { source } = delivery
  if (!Array.isArray(value)) {
    return { type: 'events', items: [hook(agent, source, value, text, '')], form: 'single' }
  }
  const excess = tooMany(value)
  if (excess) return excess
  const items = value.map((item, at) => hook(agent, source, item, undefined, `/${at}`))
  return { type: 'events', items, form: 'batch' }
}

function hook(
  agent: Agent,
  source: string,
  payload: unknown,
  body: string | undefined,
  at: string,
): Item {
  if (!isObject(payload)) return { problems: [{ pointer: at, detail: 'must be an object' }] }
  const check: Check = { at, problems: [] }
  const name = requiredText(payload, 'hook_event_name', MAX.name, check)
  const event = agent.events.get(name) ?? unknownEvent(name)
  const toolName = optionalText(payload, 'tool_name', MAX.name, check)
  const attributes: Record<string, string | undefined> = {
    datacontenttype: 'application/json',
    hookevent: name,
    sessionid: optionalText(payload, agent.session, MAX.name, check),
    parentsessionid: optionalText(payload, 'parent_session_id', MAX.name, check),
    correlationid: optionalText(payload, agent.turn, MAX.name, check),
    agentid: optionalText(payload, 'agent_id', MAX.name, check),
    agenttype: optionalText(payload, 'agent_type', MAX.name, check),
    // Who asks for leave to use a tool does not use it yet.
    subject: event.ofTool ? undefined : toolName,
  }
  const callid = optionalText(payload, 'tool_use_id', MAX.name, check)
  if (check.problems.length > 0) return { problems: check.problems }
  return {
    id: undefined,
    source,
    type: event.type,
    time: timeOf(payload),
    attributes,
    known: {
      operation: event.ofTool ? (toolName ?? name) : name,
      phase: event.phase,
      outcome: payload.is_interrupt === true && event.outcome ? 'cancelled' : event.outcome,
      callid,
      durationms: durationText(payload.duration_ms ?? payload.duration),
    },
    data: payload,
    body,
  }
}

/** Hooks carry no time; a relay that kept them adds one. */
function timeOf({ time, timestamp }: Fields): string | undefined {
  if (isInstant(time)) return time
  return isInstant(timestamp) ? timestamp : undefined
}

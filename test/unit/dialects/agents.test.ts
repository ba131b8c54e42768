import { describe, expect, it } from 'vitest'
import { claudeCodeEvents } from '#shared/domain/dialects/claude-code.ts'
import { eventTopics } from '#shared/domain/topics.ts'
import { dataNote, hasData, listData, readData, readJson } from '#test/support/hooks-data.ts'
import { receiver } from '#test/support/intake.ts'

type Payload = Readonly<Record<string, unknown>>

async function headersOf(source: string, payload: Payload) {
  const { post, records } = receiver()
  const answer = await post({ source, body: payload })
  expect(answer).toMatchObject({ statusCode: 200, body: '{}' })
  const [record] = records
  expect(JSON.parse(Buffer.from(record?.value ?? []).toString())).toEqual(payload)
  return { topic: record?.topic, ...record?.headers }
}

describe('Claude Code', () => {
  it('has 31 hook events, each on a topic of the manifest', () => {
    const topics = new Set(eventTopics.map(({ name }) => name))
    expect(claudeCodeEvents.size).toBe(31)
    for (const { type } of claudeCodeEvents.values()) {
      expect(topics).toContain(type.slice(0, type.lastIndexOf('.')))
    }
  })

  it.each<[string, Payload, object]>([
    ['SessionStart', {}, { ce_type: 'hooks.lifecycle.started', ce_phase: 'start' }],
    ['Setup', {}, { ce_type: 'hooks.lifecycle.started', ce_phase: 'point' }],
    ['SessionEnd', {}, { ce_type: 'hooks.lifecycle.ended', ce_phase: 'end' }],
    [
      'PreToolUse',
      { tool_name: 'Bash', tool_use_id: 'c' },
      { topic: 'hooks.execution', ce_operation: 'Bash', ce_phase: 'before', ce_callid: 'c' },
    ],
    [
      'PostToolUse',
      { tool_name: 'Bash', duration_ms: 12 },
      { ce_operation: 'Bash', ce_phase: 'after', ce_outcome: 'ok', ce_durationms: '12' },
    ],
    [
      'PostToolUseFailure',
      { tool_name: 'Bash', is_interrupt: false },
      { ce_type: 'hooks.execution.failed', ce_phase: 'after', ce_outcome: 'error' },
    ],
    ['PostToolUseFailure', { tool_name: 'Bash', is_interrupt: true }, { ce_outcome: 'cancelled' }],
    [
      'PermissionRequest',
      { tool_name: 'Bash' },
      { ce_operation: 'PermissionRequest', ce_phase: 'point', ce_subject: 'Bash' },
    ],
    [
      'SubagentStart',
      { agent_id: 'a1' },
      { ce_type: 'hooks.lifecycle.subagent_start', ce_phase: 'point', ce_agentid: 'a1' },
    ],
    ['UserPromptSubmit', { prompt_id: 'p' }, { ce_correlationid: 'p', topic: 'hooks.interaction' }],
    ['NewInVersion9', {}, { ce_type: 'hooks.custom.new_in_version_9', topic: 'hooks.custom' }],
    ['constructor', {}, { ce_type: 'hooks.custom.constructor', ce_operation: 'constructor' }],
    ['***', {}, { ce_type: 'hooks.custom.hook', ce_hookevent: '***' }],
  ])('%s with %j', async (name, members, expected) => {
    const payload = { session_id: 's', hook_event_name: name, ...members }
    expect(await headersOf('claude-code', payload)).toMatchObject({
      ce_source: 'claude-code',
      ce_sessionid: 's',
      ce_hookevent: name,
      ...expected,
    })
  })

  it('is told what is wrong with a payload', async () => {
    const { post } = receiver()
    await expect(post({ source: 'claude-code', body: { session_id: 5 } })).rejects.toMatchObject({
      kind: 'InvalidInput',
      errors: [{ pointer: '/hook_event_name' }, { pointer: '/session_id' }],
    })
  })

  it('may send what a relay has kept, in order and with its times', async () => {
    const { post, records } = receiver()
    const time = '2026-02-01T00:00:00.5Z'
    const hook = { session_id: 's', hook_event_name: 'Stop' }
    const answer = await post({ source: 'claude-code', body: [{ ...hook, time }, 1, hook] })
    expect(answer.statusCode).toBe(202)
    expect(JSON.parse(answer.body)).toMatchObject({
      accepted: [{ index: 0 }, { index: 2 }],
      rejected: [{ index: 1, problem: { status: 422, errors: [{ pointer: '/1' }] } }],
    })
    const [first, second] = records.map(({ headers }) => headers)
    expect(first?.ce_time).toBe(time)
    expect(second?.ce_time).toBe(second?.ce_recordedtime)
  })
})

describe('Cursor', () => {
  it('has a conversation for a session, and counts a command once', async () => {
    const call = {
      conversation_id: 'c',
      session_id: 'other',
      generation_id: 'g',
      tool_name: 'Shell',
    }
    const hook = (name: string) => headersOf('cursor', { ...call, hook_event_name: name })
    expect(await hook('preToolUse')).toMatchObject({
      ce_sessionid: 'c',
      ce_correlationid: 'g',
      ce_operation: 'Shell',
      ce_phase: 'before',
    })
    expect(await hook('beforeShellExecution')).toMatchObject({ ce_phase: 'point' })
    expect(await hook('beforeMCPExecution')).toMatchObject({
      ce_type: 'hooks.execution.before_mcp_execution',
    })
  })
})

describe.skipIf(!hasData)(`payloads of real agents${dataNote}`, () => {
  const documented = hasData
    ? readJson<{ event: string; payload: Payload }[]>('hooks/claude-code-documented.json')
    : []
  it.each(documented)('Claude Code documents $event: it is known', async ({ payload }) => {
    const { topic } = await headersOf('claude-code', payload)
    expect(topic).not.toBe('hooks.custom')
  })

  const files = ['claudecode', 'cursor', 'codex'].flatMap((agent) =>
    hasData ? listData(`hooks/${agent}`, '.json').map((file) => ({ agent, file })) : [],
  )
  it.each(files)('$agent $file is known', async ({ agent, file }) => {
    const source = agent === 'claudecode' ? 'claude-code' : agent
    const payload = JSON.parse(readData(`hooks/${agent}/${file}`)) as Payload
    const { topic, ce_sessionid } = { ce_sessionid: '', ...(await headersOf(source, payload)) }
    expect(topic).not.toBe('hooks.custom')
    expect(ce_sessionid).not.toBe('')
  })
})

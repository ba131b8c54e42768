import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { logSink } from '#local/place/log-sink.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'omninode-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function opened(maxBytes?: number) {
  const said: string[] = []
  const file = join(folder, 'bridge.log')
  const limit = maxBytes === undefined ? {} : { maxBytes }
  const sink = logSink({ file, say: (line) => said.push(line), ...limit })
  const lines = () => readFileSync(file, 'utf8').trim().split('\n')
  return { sink, said, file, lines }
}

const line = (level: string, code: string) =>
  JSON.stringify({ timestamp: '2026-11-24T07:31:33.000Z', level, code, topic: 'a' })

describe('the log', () => {
  it('puts lines together that came in pieces, each function by itself', () => {
    const { sink, lines } = opened()
    sink.write('one', '{"a":')
    sink.write('two', 'plain\n')
    sink.write('one', '1}\n')
    sink.flush()
    expect(lines().map((text) => JSON.parse(text))).toEqual([
      { function: 'two', message: 'plain' },
      { function: 'one', a: 1 },
    ])
  })

  it('shows warnings and errors at the terminal, in one readable line', () => {
    const { sink, said } = opened()
    sink.write('one', `${line('info', 'fine')}\n${line('error', 'bad')}\n`)
    sink.event('warn', 'batch.retried', { function: 'two', error: 'away', kind: 'Unavailable' })
    expect(said).toHaveLength(2)
    expect(said[0]).toBe('07:31:33 error one: bad topic="a"')
    expect(said[1]).toMatch(/^\d\d:\d\d:\d\d warn two: batch.retried: Unavailable: away$/)
  })

  it('is rotated, and the oldest goes', () => {
    const { sink, file } = opened(10)
    for (let round = 0; round < 6; round += 1) {
      sink.line(`{"round":${round},"filler":"${'x'.repeat(20)}"}`)
      sink.flush()
    }
    expect(readFileSync(file, 'utf8')).toContain('"round":5')
    expect(readFileSync(`${file}.3`, 'utf8')).toContain('"round":2')
    expect(existsSync(`${file}.4`)).toBe(false)
  })
})

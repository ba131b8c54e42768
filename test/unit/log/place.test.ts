import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { databaseUrl, eventLogUrl, withoutPassword } from '#commands/place.ts'

describe('where a command works', () => {
  const folder = mkdtempSync(join(tmpdir(), 'omninode-place-'))
  writeFileSync(join(folder, 'postgres-url'), 'postgres://u:p@127.0.0.1:5/db\n')

  it('is what the environment names, else the embedded place', () => {
    expect(databaseUrl({ DATABASE_URL: 'postgres://x' })).toBe('postgres://x')
    expect(databaseUrl({ DATA_DIR: folder })).toBe('postgres://u:p@127.0.0.1:5/db')
    expect(eventLogUrl({ KAFKA_BROKERS: 'a:1,b:2', DATA_DIR: folder })).toBe('kafka://a:1,b:2')
    expect(eventLogUrl({ EVENT_LOG_URL: 'kafka://c:3', KAFKA_BROKERS: 'a:1' })).toBe('kafka://c:3')
    expect(eventLogUrl({ DATA_DIR: folder })).toBe('postgres://u:p@127.0.0.1:5/db')
  })

  it('is said when it is nowhere', () => {
    expect(() => eventLogUrl({ DATA_DIR: join(folder, 'none') })).toThrow(
      'set EVENT_LOG_URL or KAFKA_BROKERS',
    )
  })

  it('is printed without its password', () => {
    expect(withoutPassword('postgres://u:secret@h:5/db')).toBe('postgres://u@h:5/db')
    expect(withoutPassword('kafka://a:1,b:2')).toBe('kafka://a:1,b:2')
    expect(withoutPassword('kafkas://u:se%40cret@a:1,b:2?ca=/x')).toBe('kafkas://u@a:1,b:2?ca=/x')
  })
})

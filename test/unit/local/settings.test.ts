import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings } from '#local/settings.ts'

describe('settings', () => {
  it('have defaults for this machine alone', () => {
    expect(readSettings({})).toEqual({
      host: '127.0.0.1',
      port: 4_000,
      dataDir: resolve('.omninode'),
      databaseUrl: undefined,
      eventLogUrl: undefined,
    })
  })

  it.each(['x', '-1', '65536', '1.5'])('refuse %s as a port', (PORT) => {
    expect(() => readSettings({ PORT })).toThrow(PORT)
  })

  it('take 0 for a free port', () => {
    expect(readSettings({ PORT: '0' }).port).toBe(0)
  })
})

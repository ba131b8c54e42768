import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { takeLock } from '#local/place/lock.ts'
import { statusOf } from '#local/place/processes.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'omninode-lock-'))
  file = join(folder, 'lock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const NO_PROCESS = 2 ** 22 + 1

describe('the lock of a data folder', () => {
  it('is taken once, and says who holds it and where', () => {
    const first = takeLock(file)
    if (first.type !== 'taken') throw new Error('not taken')
    first.lock.setAddress('http://here')
    const second = takeLock(file)
    expect(second).toMatchObject({
      type: 'held',
      holder: { pid: process.pid, address: 'http://here' },
    })
    first.lock.release()
    expect(takeLock(file).type).toBe('taken')
  })

  it('is taken over from a process that is gone', () => {
    writeFileSync(file, JSON.stringify({ pid: NO_PROCESS, startTime: '1' }))
    expect(takeLock(file).type).toBe('taken')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid })
  })

  it('is taken over when its process id belongs to another process by now', () => {
    if (statusOf(process.pid) === undefined) return
    writeFileSync(file, JSON.stringify({ pid: process.pid, startTime: '1' }))
    expect(takeLock(file).type).toBe('taken')
  })

  it('is taken over when a crash cut it short', () => {
    writeFileSync(file, '{"pid":')
    expect(takeLock(file).type).toBe('taken')
  })

  it('is left to one who took it over meanwhile', () => {
    writeFileSync(file, JSON.stringify({ pid: NO_PROCESS, startTime: '1' }))
    const taken = takeLock(file, ({ pid }) => {
      // The look and the taking are two steps: another comes between them.
      if (pid === NO_PROCESS) writeFileSync(file, JSON.stringify({ pid: 1, startTime: 'x' }))
      return pid === 1
    })
    expect(taken).toMatchObject({ type: 'held', holder: { pid: 1 } })
  })
})

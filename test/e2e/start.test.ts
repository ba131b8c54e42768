import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processTree, usageOf } from '#test/support/process-tree.ts'
import { type System, startSystem } from '#test/support/system.ts'

const root = join(import.meta.dirname, '..', '..')
const MEMORY_LIMIT_MIB = 450

let system: System
beforeAll(async () => {
  system = await startSystem()
}, 120_000)
afterAll(() => system?.stop())

/** Runs `npm start`'s command to its end. */
async function start(dataDir: string, args: readonly string[] = []) {
  const child = spawn(process.execPath, ['local/start.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', DATA_DIR: dataDir, PORT: '0' },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const [code] = await once(child, 'close')
  return { code: code as number, output }
}

const send = () =>
  system.request('POST', '/hooks', {
    headers: { 'content-type': 'application/json' },
    body: '{"source":"test","type":"hooks.custom.tried","data":{}}',
  })

describe('npm start', () => {
  it('explains itself', async () => {
    const { code, output } = await start(system.dataDir, ['--help'])
    expect(code).toBe(0)
    for (const name of ['PORT', 'HOST', 'DATA_DIR']) expect(output).toContain(name)
  })

  it('prints a line that works when it is pasted', async () => {
    const line = /^ {2}curl (?:.*\\\n)*.*$/m.exec(system.output())?.[0] ?? ''
    const { stdout } = await promisify(execFile)('sh', ['-c', line])
    expect(JSON.parse(stdout)).toMatchObject({ accepted: [{ index: 0 }], rejected: [] })
  })

  it('keeps what is secret to its owner', () => {
    for (const name of ['admin-key', 'source-secrets-key', 'postgres-url']) {
      expect(statSync(join(system.dataDir, name)).mode & 0o077).toBe(0)
    }
    expect(
      Buffer.from(readFileSync(join(system.dataDir, 'source-secrets-key'), 'utf8'), 'base64'),
    ).toHaveLength(32)
  })

  it('refuses a second start on the same data and says who holds them', async () => {
    const { code, output } = await start(system.dataDir)
    expect(code).toBe(1)
    expect(output).toContain(String(system.pid))
    expect(output).toContain(system.address)
    expect((await system.request('GET', '/readyz')).status).toBe(200)
  })

  it('takes little memory', () => {
    const { pssBytes } = usageOf(processTree(system.pid, system.postgresPid))
    expect(pssBytes / 2 ** 20).toBeLessThan(MEMORY_LIMIT_MIB)
  })

  it('starts PostgreSQL again when it dies, and says so', async () => {
    process.kill(system.postgresPid, 'SIGKILL')
    const deadline = Date.now() + 20_000
    let status = 0
    while (status !== 202 && Date.now() < deadline) {
      await pause(200)
      status = (await send()).status
      expect([202, 503]).toContain(status)
    }
    expect(status).toBe(202)
    // PostgreSQL answers before its starter has seen that it does.
    await expect.poll(() => system.output(), { timeout: 5_000 }).toContain('postgres.restarted')
  })

  it('stops within 5 s beside an open stream, and takes its address back', async () => {
    const stream = await system.request('GET', '/live')
    expect(stream.status).toBe(200)
    const started = performance.now()
    await system.stop()
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(system.output()).toMatch(/Stopped\.\s*$/)
    expect(existsSync(join(system.dataDir, 'address'))).toBe(false)
    expect(existsSync(join(system.dataDir, 'lock'))).toBe(false)
    await stream.body?.cancel().catch(() => undefined)
  })

  it('takes over from a start that was killed while its PostgreSQL went on', async () => {
    const killed = await startSystem({ dataDir: system.dataDir })
    const leftBehind = killed.postgresPid
    process.kill(killed.pid, 'SIGKILL')
    system = await startSystem({ dataDir: killed.dataDir })
    expect(system.postgresPid).not.toBe(leftBehind)
    expect((await send()).status).toBe(202)
  })

  it('can be stopped while it starts', async () => {
    await system.stop()
    const child = spawn(process.execPath, ['local/start.ts'], {
      cwd: root,
      env: { PATH: process.env.PATH ?? '', DATA_DIR: system.dataDir, PORT: '0' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    expect(existsSync(join(system.dataDir, 'postgres', 'postmaster.pid'))).toBe(false)
  })
})

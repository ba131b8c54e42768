import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fileSpill, fileSpillOutlet } from '#shared/adapters/file/spill-folder.ts'
import { spillFolder } from '#shared/adapters/file/spill-reader.ts'
import { memorySpill } from '#shared/adapters/memory/spill.ts'
import { openSpill, openSpillOutlet } from '#shared/adapters/spill.ts'
import { aSpilled, SOON, spillContract } from './spill.contract.ts'

async function aFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-spill-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function messagesIn(path: string) {
  const folder = spillFolder(path)
  const files = await folder.files()
  const read = await Promise.all(files.map((name) => folder.read(name)))
  return read.flatMap((messages) => messages ?? [])
}

describe('a spill in memory', () => {
  spillContract(async () => {
    const spill = memorySpill()
    const take = async () =>
      spill.messages.splice(0).map(({ group, text, handle }) => ({ group, body: text, handle }))
    return { spill, outlet: spill, take }
  })
})

describe('a spill in a folder', () => {
  spillContract(async () => {
    const path = join(await aFolder(), 'not', 'there', 'yet')
    const spill = fileSpill(pathToFileURL(path).href)
    const take = async () =>
      (await messagesIn(path)).map(({ group, text }) => ({ group, body: text, handle: '' }))
    return { spill, outlet: fileSpillOutlet(), take }
  })

  it('shares one file among puts that come together, for its owner alone', async () => {
    const path = join(await aFolder(), 'spill')
    const spill = fileSpill(pathToFileURL(path).href)
    await Promise.all(Array.from({ length: 200 }, () => spill.put([aSpilled()], SOON)))
    const names = await readdir(path)
    expect(names.length).toBeLessThan(20)
    for (const name of names) expect((await stat(join(path, name))).mode & 0o777).toBe(0o600)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
  })

  it('tells a torn or changed file from a whole one', async () => {
    const path = await aFolder()
    await fileSpill(pathToFileURL(path).href).put([aSpilled()], SOON)
    const [name = ''] = await readdir(path)
    const whole = await readFile(join(path, name))
    const folder = spillFolder(path)
    expect(await folder.read(name)).toHaveLength(1)
    const changed = Buffer.from(whole)
    changed[whole.length - 5] = (changed[whole.length - 5] ?? 0) ^ 1
    for (const broken of [whole.subarray(0, -1), whole.subarray(0, 9), changed, Buffer.alloc(0)]) {
      await writeFile(join(path, name), broken)
      expect(await folder.read(name)).toBeUndefined()
    }
  })

  it('sweeps up drafts of writers that died, not of those that write', async () => {
    const path = await aFolder()
    for (const name of ['old', 'new']) await writeFile(join(path, `${name}.draft`), 'half')
    const before = new Date(Date.now() - 120_000)
    await utimes(join(path, 'old.draft'), before, before)
    const folder = spillFolder(path)
    expect(await folder.files()).toEqual([])
    await folder.sweep(Date.now())
    expect(await readdir(path)).toEqual(['new.draft'])
  })

  it('fails as Unavailable where it can not write, and goes on when it can', async () => {
    const path = join(await aFolder(), 'file')
    await writeFile(path, 'in the way')
    const spill = fileSpill(pathToFileURL(path).href)
    await expect(spill.put([aSpilled()], SOON)).rejects.toMatchObject({ kind: 'Unavailable' })
    await rm(path)
    await spill.put([aSpilled()], SOON)
    expect(await messagesIn(path)).toHaveLength(1)
  })

  it('has everything that it acknowledged when its writers are killed in the middle', async () => {
    const path = await aFolder()
    await chmod(path, 0o711)
    const acknowledged = new Set<string>()
    const writers = ['a', 'b', 'c'].map((name) => {
      const program = join(import.meta.dirname, '../support/spill-writer.ts')
      const child = spawn(process.execPath, [program, pathToFileURL(path).href, name], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let rest = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) acknowledged.add(line)
      })
      return child
    })
    const ended = writers.map((child) => new Promise((done) => child.on('close', done)))
    await expect.poll(() => acknowledged.size, { timeout: 20_000 }).toBeGreaterThan(600)
    await pause(50)
    for (const child of writers) child.kill('SIGKILL')
    await Promise.all(ended)

    const outlet = fileSpillOutlet()
    const messages = await messagesIn(path)
    const records = await Promise.all(messages.map(({ text }) => outlet.read(text)))
    const kept = new Set(records.flat().map(({ value }) => String(value)))
    expect([...acknowledged].filter((text) => !kept.has(text))).toEqual([])
  })
})

describe('the spill behind a URL', () => {
  it('is none for an empty one, and refuses what it does not know', async () => {
    expect(openSpill('')).toBeUndefined()
    expect(() => openSpill('https://host/queue')).toThrow('a spill is sqs:')
    await expect(openSpillOutlet('')).rejects.toMatchObject({ kind: 'InvalidInput' })
  })

  it('is a folder', async () => {
    const path = await aFolder()
    const spill = openSpill(pathToFileURL(path).href)
    await spill?.put([aSpilled()], SOON)
    await spill?.close()
    expect(await messagesIn(path)).toHaveLength(1)
  })

  it('is a queue, which answers in time when there is none', async () => {
    for (const name of ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
      vi.stubEnv(name, 'none')
    }
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const spill = openSpill('sqs:http://127.0.0.1:9/000000000000/none.fifo?bucket=none')
    const started = performance.now()
    await expect(spill?.put([aSpilled()], { timeoutMs: 1_500 })).rejects.toMatchObject({
      kind: 'Unavailable',
    })
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'

const module = new URL('../../shared/adapters/thread-priority.ts', import.meta.url).href

describe.skipIf(process.platform !== 'linux')('a thread that yields to others', () => {
  it('is nicer than the process, which stays as it is', async () => {
    const before = getPriority()
    const code = `
      import { yieldToOthers } from ${JSON.stringify(module)}
      import { readlinkSync } from 'node:fs'
      import { getPriority } from 'node:os'
      import { parentPort } from 'node:worker_threads'
      yieldToOthers()
      parentPort.postMessage(getPriority(Number(readlinkSync('/proc/thread-self').split('/')[2])))`
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`))
    const priority = await new Promise((done, fail) => {
      worker.once('message', done)
      worker.once('error', fail)
    })
    expect({ worker: priority, process: getPriority() }).toEqual({ worker: 10, process: before })
  })
})

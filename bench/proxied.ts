import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { type Bridge, startBridge } from './bridge.ts'
import type { CallOptions, CallResult } from './calls.ts'
import { type OwnProcess, startOwnProcess } from './own-process.ts'

/** A bridge, and a service behind it that has registered. */
export type Proxied = Readonly<{
  bridge: Bridge
  upstream: OwnProcess
  /** Where the service's root is at the bridge. */
  path: string
  stop(): Promise<void>
}>

const SERVICE = 'answers'
const READY_TIMEOUT_MS = 15_000
/** A registration that is not renewed lasts longer than any benchmark. */
const TTL_MS = 600_000

/** Starts both, and waits until a call goes through. */
export async function startProxied(): Promise<Proxied> {
  const upstream = await startOwnProcess('upstream.ts')
  const bridge = await startBridge()
  const stop = async () => {
    await bridge.stop()
    await upstream.stop()
  }
  try {
    const instance = {
      ...{ address: '127.0.0.1', port: upstream.port, version: '1.0.0' },
      check: { ttl_ms: TTL_MS },
    }
    const made = await bridge.client.put(`/services/${SERVICE}/instances/one`, instance)
    if (made.status >= 300) throw new Error(`not registered: ${JSON.stringify(made.body)}`)
    const path = `/proxy/${SERVICE}/ask`
    await untilAnswered(bridge, path)
    return { bridge, upstream, path, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function untilAnswered({ client }: Bridge, path: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  for (;;) {
    const { status, body } = await client.post(path, { question: 'ready?' })
    if (status === 200) return
    if (Date.now() > deadline) throw new Error(`${status} of ${path}: ${JSON.stringify(body)}`)
    await pause(100)
  }
}

/** Runs the client in a process of its own. */
export async function runCalls(options: CallOptions): Promise<CallResult> {
  const file = `${import.meta.dirname}/calls.ts`
  const child = spawn(process.execPath, [file, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  const code = await new Promise((done) => child.on('close', done))
  if (code !== 0) throw new Error(`the client ended with ${code}`)
  return JSON.parse(text) as CallResult
}

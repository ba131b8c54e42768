import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

type Line = Readonly<Record<string, unknown>>

/** A proxy as `npm run proxy` runs it, in a process of its own. */
export type ProxyProcess = Readonly<{
  address: string
  port: number
  pid: number
  /** JSON lines that it wrote so far. */
  lines(): readonly Line[]
  /** Resolves with the first line of that code. */
  line(code: string): Promise<Line>
  /** Sends SIGTERM; answers its exit code. */
  stop(): Promise<number | null>
  kill(): void
}>

const root = join(import.meta.dirname, '..', '..')

/** A synthesised stage that has one function, whose bundle has this `server.mjs`. */
export function stageWithServer(server: string) {
  const folder = mkdtempSync(join(tmpdir(), 'omninode-stage-'))
  const json = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), JSON.stringify(value))
  mkdirSync(join(folder, 'asset.bundle'))
  writeFileSync(join(folder, 'asset.bundle', 'server.mjs'), server)
  json('manifest.json', {
    artifacts: {
      services: {
        type: 'aws:cloudformation:stack',
        properties: { templateFile: 'services.json' },
      },
      assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
    },
  })
  json('services.json', {
    Resources: {
      ToolProxy: {
        Type: 'AWS::Lambda::Function',
        Metadata: { 'omninode:server': 'server.mjs' },
        Properties: { FunctionName: 'tool-proxy', Code: { S3Key: 'bundle.zip' } },
      },
    },
  })
  json('assets.json', {
    files: {
      bundle: {
        source: { path: 'asset.bundle', packaging: 'zip' },
        destinations: { current: { objectKey: 'bundle.zip' } },
      },
    },
  })
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Starts it on a free port. @throws `Error` with what it said when it does not start */
export async function startProxyProcess(
  assembly: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ProxyProcess> {
  const child = spawn(process.execPath, ['local/proxy.ts', '--assembly', assembly], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', PROXY_PORT: '0', ...env },
  })
  const lines: Line[] = []
  const waiting = new Set<() => void>()
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  createInterface({ input: child.stdout }).on('line', (text) => {
    if (text.startsWith('{')) lines.push(JSON.parse(text) as Line)
    for (const look of waiting) look()
  })
  const ended = new Promise<number | null>((done) => child.on('close', done))
  const line = (code: string) =>
    new Promise<Line>((done, fail) => {
      const look = () => {
        const found = lines.find((each) => each.code === code)
        if (!found) return
        waiting.delete(look)
        done(found)
      }
      waiting.add(look)
      void ended.then(() => fail(new Error(`ended without ${code}: ${complaint}`)))
      look()
    })
  const { address } = await line('server.started')
  return {
    address: String(address),
    port: Number(new URL(String(address)).port),
    pid: child.pid ?? 0,
    lines: () => lines,
    line,
    stop() {
      child.kill('SIGTERM')
      return ended
    },
    kill: () => child.kill('SIGKILL'),
  }
}

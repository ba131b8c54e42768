import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LISTENING_FIXTURE } from '#test/support/listening-fixture.ts'
import {
  type ProxyProcess,
  stageWithServer,
  startProxyProcess,
} from '#test/support/proxy-process.ts'
import { rawHttp } from '#test/support/raw-http.ts'

let stage: ReturnType<typeof stageWithServer>
let proxy: ProxyProcess | undefined
beforeAll(() => {
  stage = stageWithServer(LISTENING_FIXTURE)
})
afterEach(() => proxy?.kill())
afterAll(() => stage.remove())

const start = async (env: Readonly<Record<string, string>> = {}) => {
  proxy = await startProxyProcess(stage.folder, env)
  return proxy
}

describe('npm run proxy', () => {
  it('tells that it lives and is ready, and hands everything else to the function', async () => {
    const { address } = await start({ TOLD: 'by its environment' })
    for (const path of ['/livez', '/readyz']) {
      const answer = await fetch(address + path)
      expect([answer.status, await answer.json()]).toEqual([200, { status: 'pass' }])
    }
    const answer = await fetch(`${address}/proxy/svc/x?y=%20`, { method: 'PATCH', body: 'b' })
    const echo = { method: 'PATCH', url: '/proxy/svc/x?y=%20', body: 'b' }
    expect(await answer.json()).toEqual({ ...echo, told: 'by its environment' })
  })

  it('finishes what is under way when it is told to stop, and then ends', async () => {
    const running = await start()
    const stream = rawHttp(running.port, 'GET /proxy/svc/stream HTTP/1.1\r\nHost: a\r\n\r\n')
    const slow = rawHttp(running.port, 'GET /proxy/svc/slow HTTP/1.1\r\nHost: a\r\n\r\n')
    await stream.until(/first;/)
    expect(await running.stop()).toBe(0)
    expect(await stream.ended).toMatch(/last;\r\n0\r\n\r\n$/)
    expect(await slow.ended).toMatch(/at last$/)
    expect(running.lines().map(({ code }) => code)).toEqual([
      'server.started',
      'server.stopping',
      'server.stopped',
    ])
  })

  it.each(['throw', 'reject', 'timer'])('lives on where a call fails by %s', async (how) => {
    const { address, line } = await start()
    const answer = await fetch(`${address}/proxy/svc/${how}`)
    expect(answer.status).toBe(500)
    expect(await answer.json()).toMatchObject({ title: 'Internal Server Error' })
    expect(await line('function.threw')).toMatchObject({ function: 'tool-proxy' })
    expect((await fetch(`${address}/proxy/svc/x`)).status).toBe(200)
  })

  it('does not start where the function can not be loaded, and says why', async () => {
    await expect(start({ FAILS: 'http://nowhere' })).rejects.toThrow(
      "tool-proxy can't be loaded: no catalog at http://nowhere",
    )
  })

  it.each([
    [{ PROXY_PORT: 'x' }, "PROXY_PORT is 'x'"],
    [{ TLS_CERT: 'cert.pem' }, 'TLS_CERT and TLS_KEY go together'],
    [{ TLS_CERT: 'no-such.pem', TLS_KEY: 'no-such.pem' }, "no-such.pem can't be read"],
  ])('does not start with %j', async (env, message) => {
    await expect(start(env)).rejects.toThrow(message)
  })

  it('does not start without a synthesised stage', async () => {
    await expect(startProxyProcess('/nonexistent')).rejects.toThrow('npm run synth')
  })
})

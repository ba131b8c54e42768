/** A `server.mjs` that does what its path says, for tests of what runs it. */
export const LISTENING_FIXTURE = `
let closed = 0
const streams = new Set()
export async function open(environment) {
  if (environment.FAILS) throw new Error('no catalog at ' + environment.FAILS)
  return {
    handle(request, response) {
      const action = request.url.split(/[/?]/)[3]
      switch (action) {
        case 'throw': throw new Error('boom')
        case 'reject': return void (async () => { await 1; throw new Error('late boom') })()
        case 'timer': return void setTimeout(() => { throw new Error('timed boom') }, 1)
        case 'on-end': return void request.resume().on('end', () => { throw new Error('boom at the end') })
        case 'half': response.writeHead(200); response.write('half'); throw new Error('boom halfway')
        case 'early': response.end('before the body'); return
        case 'refuse': response.writeHead(401); response.end('no'); return
        case 'hints': response.writeEarlyHints({ link: '</a>; rel=preload' }); response.end('hinted'); return
        case 'slow': return void setTimeout(() => response.end('at last'), 300)
        case 'stream': response.write('first;'); streams.add(response); response.on('close', () => streams.delete(response)); return
        case 'after': response.end('done'); response.write('more'); return
      }
      if (request.headers.expect) response.writeContinue()
      const chunks = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        const { method, url } = request
        const body = Buffer.concat(chunks).toString('latin1')
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ method, url, body, told: environment.TOLD }))
      })
    },
    endStreams() { for (const each of streams) each.end('last;') },
    async close() { closed += 1; console.log('fixture closed') },
  }
}
`

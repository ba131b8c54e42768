import { createServer } from 'node:http'

/**
 * The floor that intake is measured against: a bare server that reads a body, parses it as JSON and
 * answers. Run as a process of its own; prints its port.
 */
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
    const count = Array.isArray(body) ? body.length : 1
    response.writeHead(202, { 'content-type': 'application/json' })
    response.end(`{"accepted":${count}}`)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address ? address.port : 0)
})
process.stdin.resume().on('end', () => process.exit(0))

import { createServer } from 'node:http'

/**
 * The service that is called in the benchmarks of the proxy: reads a body, answers with 1 KiB. Run as a
 * process of its own; prints its port.
 */
const ANSWER = Buffer.from(JSON.stringify({ answer: 'x'.repeat(1_024 - '{"answer":""}'.length) }))

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': ANSWER.byteLength,
    })
    response.end(ANSWER)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address ? address.port : 0)
})
process.stdin.resume().on('end', () => process.exit(0))

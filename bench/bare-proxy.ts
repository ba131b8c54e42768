import { Agent, createServer, request as send } from 'node:http'
import { pipeline } from 'node:stream'

/**
 * The floor that the proxy is measured against: the least of a reverse proxy that node:http makes, with
 * connections to its upstream that stay open. Given the upstream's port; prints its own.
 */
const upstreamPort = Number(process.argv[2])
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

const server = createServer((request, response) => {
  const { method, url, headers } = request
  const options = { host: '127.0.0.1', port: upstreamPort, agent, method, path: url, headers }
  const forwarded = send(options, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    pipeline(answer, response, () => undefined)
  })
  forwarded.on('error', () => response.destroy())
  pipeline(request, forwarded, () => undefined)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address ? address.port : 0)
})
process.stdin.resume().on('end', () => process.exit(0))

import { createServer } from 'node:http'
import type { KafkaTriggerEvent } from '#shared/domain/events/trigger.ts'

/**
 * A function behind Lambda's `Invoke`: it parses its event, counts the records and answers that none
 * failed. Run as a process of its own; prints its port, and a line of counts when asked at `/`.
 */
let records = 0
let invocations = 0
let firstAt = 0
let lastAt = 0
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  if (firstAt === 0 && request.method === 'POST') firstAt = performance.now()
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' })
    if (request.method === 'GET') {
      response.end(JSON.stringify({ records, invocations, ms: lastAt - firstAt }))
      return
    }
    const event = JSON.parse(Buffer.concat(chunks).toString()) as KafkaTriggerEvent
    for (const list of Object.values(event.records)) records += list.length
    invocations += 1
    lastAt = performance.now()
    response.end('{"batchItemFailures":[]}')
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address ? address.port : 0)
})
process.stdin.resume().on('end', () => process.exit(0))

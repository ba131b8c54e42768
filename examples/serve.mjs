import { createServer } from 'node:http'

/** An HTTP server for JSON: `answer` gets method, path, body and headers, and gives [status, body]. */
export async function serve(answer) {
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request.setEncoding('utf8')) text += piece
    const { method, url, headers } = request
    const [status, body] =
      url === '/health'
        ? [200, { status: 'pass' }]
        : await answer({ method, url, headers, body: text === '' ? undefined : JSON.parse(text) })
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return server.address().port
}

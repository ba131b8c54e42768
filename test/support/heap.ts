import { once } from 'node:events'

/** What a process needs to be asked by `heapBytes`. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' }

/**
 * What the main thread of a process that runs with `INSPECTED` holds in its heap, rubbish aside.
 *
 * @param output what the process printed: where its inspector listens.
 */
export async function heapBytes(output: string): Promise<number> {
  const [url] = /ws:\/\/\S+/.exec(output) ?? []
  if (!url) throw new Error('the process has no inspector')
  const inspector = new WebSocket(url)
  await once(inspector, 'open')
  const ask = async (method: string) => {
    inspector.send(JSON.stringify({ id: 1, method }))
    const [message] = (await once(inspector, 'message')) as [MessageEvent]
    return JSON.parse(String(message.data)).result
  }
  try {
    await ask('HeapProfiler.collectGarbage')
    const { usedSize } = await ask('Runtime.getHeapUsage')
    return usedSize
  } finally {
    inspector.close()
  }
}

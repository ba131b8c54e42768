import { fileSpill } from '#shared/adapters/file/spill-folder.ts'

/** Spills without end, many at once, and prints what was acknowledged: to be killed. */
const [url = '', name = ''] = process.argv.slice(2)
const spill = fileSpill(url)
let count = 0

async function write(): Promise<never> {
  for (;;) {
    const text = `${name}-${count++}`
    const record = { topic: 'test.one', key: name, value: Buffer.from(text), headers: {} }
    await spill.put([record], { timeoutMs: 5_000 })
    process.stdout.write(`${text}\n`)
  }
}

await Promise.all(Array.from({ length: 8 }, write))

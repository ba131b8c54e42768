import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Failure } from '#shared/errors.ts'
import { errorFields } from '#shared/log.ts'
import { type Bridge, runningBridge } from './demo/bridge.ts'
import { madeHistory, type NativeEvent } from './demo/history.ts'
import { graph, patterns, predictions, sessions, slowest } from './demo/learned.ts'
import { progress } from './progress.ts'

const HELP = `npm run demo [-- --seed <number>]

Beside a running \`npm start\`: sends a made history of an agent's and two services' work to it, then
prints what the bridge learned: sessions, the graph of operations (as a table and as Mermaid text),
what comes next, slow and failing operations, each with its confidence and the call that shows it.

  --seed <number>  another history (default 1)
  DATA_DIR         the folder of the running bridge (default .omninode)`

const BATCH = 200
const LEARNED_WITHIN_MS = 30_000

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seed: { type: 'string', default: '1' }, help: { type: 'boolean' } },
  })
  if (values.help) return console.log(HELP)
  const seed = Number(values.seed)
  if (!Number.isSafeInteger(seed)) {
    throw new Failure('InvalidInput', `--seed takes a whole number, not ${values.seed}`)
  }
  const dataDir = process.env.DATA_DIR ?? '.omninode'
  const bridge = await runningBridge(dataDir)

  const now = new Date()
  const history = madeHistory(`demo-${now.getTime().toString(36)}`, seed, now)
  await send(bridge, history)
  await waitUntilLearned(bridge)

  const chapters = [
    await sessions(bridge),
    await graph(bridge),
    ...(await predictions(bridge)),
    await slowest(bridge),
    ...(await patterns(bridge)),
  ]
  for (const { title, call, text } of chapters) console.log(`\n${title}\n  ${call}\n\n${text}`)
  console.log(
    `\nAsk it yourself:\n  curl -H "authorization: Bearer $(cat ${dataDir}/admin-key)" '${bridge.address}/patterns?limit=10'`,
  )
}

async function send(bridge: Bridge, history: readonly NativeEvent[]): Promise<void> {
  const started = performance.now()
  for (let at = 0; at < history.length; at += BATCH) {
    await bridge.post('/hooks', history.slice(at, at + BATCH))
    progress(`sent ${Math.min(at + BATCH, history.length)} of ${history.length} events`)
  }
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  const of = new Set(history.map(({ session }) => session)).size
  progress(`Sent ${history.length} events of ${of} sessions in ${seconds} s.\n`)
}

type Lags = Readonly<{ items: readonly Readonly<{ lag: number }>[] }>

/** Every consumer has read everything. */
async function waitUntilLearned(bridge: Bridge): Promise<void> {
  const started = performance.now()
  for (;;) {
    const { items } = await bridge.get<Lags>('/lag')
    const behind = items.reduce((sum, { lag }) => sum + lag, 0)
    const waited = performance.now() - started
    if (behind === 0 || waited > LEARNED_WITHIN_MS) {
      const still = behind === 0 ? '' : `, ${behind} events still to come`
      progress(`Recorded and learned ${Math.round(waited)} ms later${still}.\n`)
      return
    }
    progress(`learning: ${behind} events to go`)
    await pause(100)
  }
}

try {
  await main()
} catch (error) {
  console.error(`demo: ${errorFields(error).error}`)
  process.exitCode = 1
}

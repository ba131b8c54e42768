import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Failure } from '#shared/errors.ts'
import { errorFields } from '#shared/log.ts'
import { type Bridge, runningBridge } from './demo/bridge.ts'
import { learnedFromCalls } from './example/learned.ts'
import { makeRights, type Rights, routing } from './example/rights.ts'
import {
  exampleServices,
  type RunningService,
  refuseWithoutPython,
  startService,
  untilPassing,
} from './example/services.ts'
import { askStock, placeOrders, shownHeaders } from './example/story.ts'
import { progress } from './progress.ts'

const HELP = `npm run example

Beside a running \`npm start\`: starts three small services (examples/, Node.js and Python), one of them
in two versions side by side. They register, call each other through the bridge with roles of their own,
one instance is killed, a bad new version is taken back; then prints what the bridge learned from it.
Ends by stopping and removing all it made.

  DATA_DIR   the folder of the running bridge (default .omninode)`

const ORDERS = 120
const QUESTIONS = 600
const ROLLED_BACK_WITHIN_MS = 20_000

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } })
  if (values.help) return console.log(HELP)
  refuseWithoutPython()
  const bridge = await runningBridge(process.env.DATA_DIR ?? '.omninode')
  const rights = await makeRights(bridge)
  const running: RunningService[] = []
  try {
    await Promise.race([tellStory(bridge, rights, running), interruption()])
  } finally {
    await Promise.all(running.map(({ stop }) => stop()))
    for (const { service, instance } of exampleServices(rights.keys)) {
      await bridge.remove(`/services/${service}/instances/${instance}`)
    }
    for (const service of Object.keys(routing)) await bridge.remove(`/services/${service}/routing`)
    await rights.remove()
    console.log('\nStopped the services, removed their keys, roles and rules.')
  }
}

/** Rejects when somebody stops it, or who read its output has gone. */
function interruption(): Promise<never> {
  return new Promise((_, fail) => {
    const stop = () => fail(new Failure('Unavailable', 'interrupted'))
    process.once('SIGINT', stop)
    process.stdout.on('error', stop)
  })
}

async function tellStory(bridge: Bridge, { keys }: Rights, running: RunningService[]) {
  const services = exampleServices(keys)
  for (const [service, rules] of Object.entries(routing)) {
    await bridge.put(`/services/${service}/routing`, rules)
    // Circuits that opened as an earlier run ended; 404 where there are none.
    await bridge.ask('POST', `/breakers/${service}/reset`, { body: {} })
  }
  running.push(...services.map((service) => startService(bridge.address, service)))
  const passing = await untilPassing(bridge, services)
  title('Five instances of three services are registered and passing')
  console.log(passing.map(({ id, version }) => `  ${id.padEnd(8)}  ${version}`).join('\n'))

  title('An order, through the bridge')
  const order = { sku: 'chair', quantity: 2 }
  const first = await bridge.ask('POST', '/proxy/orders/orders', { body: order })
  console.log(`  ${first.status} ${first.text}\n${shownHeaders(first)}`)

  title('What a key may not do is refused, and the answer says why')
  const refused = await bridge.ask('GET', '/proxy/orders/orders', {
    headers: { authorization: `Bearer ${keys['example-prices']}` },
  })
  console.log(`  ${refused.status} ${JSON.parse(refused.text).detail}`)

  title(`${ORDERS} orders; half way through, stock-a is killed`)
  let isKilled = false
  const ended = await placeOrders(bridge, ORDERS, (done) => {
    progress(`  ${done} of ${ORDERS}`)
    if (done < ORDERS / 2 || isKilled) return
    isKilled = true
    void running[0]?.stop('SIGKILL')
  })
  progress(`  ${[...ended].map(([status, times]) => `${times} x ${status}`).join(', ')}\n`)

  title('Who asks for no version gets 2.0.0 in one call of three, until it proves worse')
  const answers = await askStock(bridge, QUESTIONS, (done) => progress(`  ${done} of ${QUESTIONS}`))
  progress(
    `  ${[...answers]
      .sort()
      .map(([how, times]) => `${times} x ${how}`)
      .join(', ')}\n`,
  )
  await untilRolledBack(bridge)

  title('stock 1.x goes: who was written for it is served by 2.0.0')
  await running[1]?.stop()
  await pause(1_000)
  const served = await bridge.ask('GET', '/proxy/stock/stock/chair', {
    headers: { 'accept-version': '^1' },
  })
  console.log(`  ${served.status} ${served.text}\n${shownHeaders(served)}`)

  for (const { title: heading, call, text } of await learnedFromCalls(bridge)) {
    title(heading)
    console.log(`  ${call}\n\n${text}`)
  }
}

type Rules = Readonly<{ weights: readonly unknown[]; revision: number; changed_by: string }>

async function untilRolledBack(bridge: Bridge): Promise<void> {
  const deadline = Date.now() + ROLLED_BACK_WITHIN_MS
  for (;;) {
    const { weights, revision, changed_by: by } = await bridge.get<Rules>('/services/stock/routing')
    if (by === 'traffic-learner') {
      console.log(`  weights at revision ${revision}, by ${by}: ${JSON.stringify(weights)}`)
      return
    }
    if (Date.now() > deadline) return console.log('  not taken back yet')
    await pause(200)
  }
}

const title = (text: string) => console.log(`\n${text}`)

try {
  await main()
} catch (error) {
  console.error(`example: ${errorFields(error).error}`)
  // The story may be waiting for something yet.
  process.exit(1)
}

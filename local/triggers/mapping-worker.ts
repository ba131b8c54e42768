import { parentPort, workerData } from 'node:worker_threads'
import { openEventConsumer, openEventLog } from '#shared/adapters/event-log.ts'
import { yieldToOthers } from '#shared/adapters/thread-priority.ts'
import type { Outcome } from '../lambda/outcome.ts'
import { packRecords } from '../lambda/pack-records.ts'
import { type RecordInvoker, runMapping } from './mapping.ts'
import type { MappingCommand, MappingReport, MappingSettings } from './mapping-wire.ts'

/**
 * The thread that reads the log for the functions: reading and packing records by the thousand would
 * hold up the requests that the main thread answers.
 */
yieldToOthers()
const { eventLogUrl, mappings } = workerData as MappingSettings
const port = parentPort
if (!port) throw new Error('this runs as a worker thread')
const tell = (report: MappingReport, transfer: ArrayBuffer[] = []) =>
  port.postMessage(report, transfer)

const waiting = new Map<number, (outcome: Outcome) => void>()
let nextId = 0

const hostOf = (functionName: string): RecordInvoker => ({
  consume: (records, source) =>
    new Promise((settle) => {
      const packed = packRecords(records, source)
      const id = ++nextId
      waiting.set(id, settle)
      tell(['invoke', id, functionName, packed], [packed.values.buffer])
    }),
})

const [consumer, deadLetters] = await Promise.all([
  openEventConsumer(eventLogUrl),
  openEventLog(eventLogUrl),
])
const consumptions = await Promise.all(
  mappings.map((mapping) =>
    runMapping(mapping, {
      ...{ consumer, deadLetters, host: hostOf(mapping.functionName), joined: true },
      log: (level, code, fields) => tell(['log', level, code, fields]),
      now: Date.now,
    }),
  ),
)

port.on('message', (command: MappingCommand) => {
  switch (command[0]) {
    case 'outcome':
      waiting.get(command[1])?.(command[2])
      waiting.delete(command[1])
      break
    case 'stop':
      void Promise.all(consumptions.map((running) => running.stop())).then(() => tell(['stopped']))
      break
    case 'close':
      void Promise.all([consumer.close(), deadLetters.close()]).then(() => tell(['closed']))
      break
  }
})
tell(['ready'])

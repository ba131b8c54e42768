import { beforeEach, describe, onTestFinished, vi } from 'vitest'
import { memoryDirectory } from '#shared/adapters/memory/directory.ts'
import { memoryKeyValue } from '#shared/adapters/memory/key-value.ts'
import { lockTable, memoryLocks, takeAway } from '#shared/adapters/memory/locks.ts'
import { directoryContract } from './directory.contract.ts'
import { directoryRemovalContract } from './directory-removal.contract.ts'
import { keyValueContract } from './key-value.contract.ts'
import { locksContract } from './locks.contract.ts'

describe('the directory in memory', () => {
  directoryContract(async () => memoryDirectory())
})

describe('keys and values in memory', () => {
  keyValueContract(async () => memoryKeyValue())
})

/** Makes hours pass in no time; what does not wait for a timer goes on by itself. */
function fakeTime(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    shouldAdvanceTime: true,
  })
  onTestFinished(() => void vi.useRealTimers())
}
const elapse = async (ms: number) => void (await vi.advanceTimersByTimeAsync(ms))

describe('the directory in memory, with time', () => {
  beforeEach(fakeTime)
  directoryRemovalContract(async () => memoryDirectory(), elapse)
})

describe('locks in memory', () => {
  beforeEach(fakeTime)

  locksContract(async () => {
    const table = lockTable()
    return {
      open: async () => memoryLocks(table),
      takeAway: async (name) => takeAway(table, name),
      elapse,
    }
  })
})
